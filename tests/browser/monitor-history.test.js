// The columns behind the monitoring pane's lines: no browser needed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, seriesOf, thin } from '../../assets/js/views/monitor-history.js';

/** @param {number} at @param {number} cpu @param {...[number, number|null, boolean?]} cards id, use, stale @returns {any} a sample as far as it is looked at */
const sample = (at, cpu, ...cards) => ({
  at,
  cpu_percent: cpu,
  ram: { percent: 50 },
  gpus: cards.map(([id, use, stale = false]) => ({ id, uuid: `u${id}`, utilization_percent: use, vram: { percent: 10 * id }, stale })),
});

test('samples are put at the end, and what is older than the window goes', () => {
  const history = new History(10);
  for (let at = 100; at < 125; at += 1) history.add(sample(at, at - 100));
  assert.deepEqual([history.at[0], history.at.at(-1), history.at.length], [114, 124, 11]);
  assert.deepEqual(history.column('cpu'), history.at.map((at) => at - 100));
  history.add(sample(124, 99));
  history.add(sample(120, 99));
  assert.equal(history.at.length, 11, 'nothing twice, nothing late');
});

test('a card that comes has holes before it, one that goes has holes after it and is forgotten', () => {
  const history = new History(10);
  history.add(sample(1, 0));
  history.add(sample(2, 0, [1, 70]));
  history.add(sample(3, 0, [1, 80, true]));
  history.add(sample(4, 0, [1, null]));
  assert.deepEqual(history.column('u1 load'), [null, 70, null, null]);
  assert.deepEqual(history.column('u1 vram'), [null, 10, null, 10]);
  assert.deepEqual(history.column('never'), [null, null, null, null]);
  for (let at = 5; at < 30; at += 1) history.add(sample(at, 0));
  assert.equal(history.columns.has('u1 load'), false);
  for (const column of history.columns.values()) assert.equal(column.length, history.at.length);
});

test('the past of the server is taken over, and samples join it in its steps', () => {
  const history = new History(3600);
  const gpu = { id: 0, uuid: 'u0', name: 'Card', utilization: [5, null], vram: [1, 2], temperature: [], power: [] };
  history.load({ step: 10, at: [100, 110], cpu: [1, 2], ram: [3, 4], gpus: [gpu] });
  history.add(sample(115, 9, [0, 9]));
  assert.deepEqual(history.at, [100, 110]);
  history.add(sample(120, 9, [0, 9]));
  assert.deepEqual([history.at, history.column('cpu'), history.column('u0 load')], [[100, 110, 120], [1, 2, 9], [5, null, 9]]);
});

test('one card is “GPU”, several have numbers', () => {
  assert.deepEqual(seriesOf(sample(1, 0)).map(({ label }) => label), ['CPU', 'Memory']);
  assert.deepEqual(seriesOf(sample(1, 0, [3, 1])).map(({ label }) => label), ['CPU', 'Memory', 'GPU', 'VRAM']);
  assert.deepEqual(seriesOf(sample(1, 0, [0, 1], [1, 1])).slice(2).map(({ label }) => label), ['GPU 0', 'VRAM 0', 'GPU 1', 'VRAM 1']);
});

test('points are thinned to means, holes stay holes', () => {
  assert.deepEqual(thin([0, 1, 2, 3, 8, 9], [10, 20, null, 40, 1, 3], 0, 10, 5), [15, 40, null, null, 2]);
  assert.deepEqual(thin([-5, 0, 10], [1, 2, 3], 0, 10, 2), [2, 3], 'what is before the window is left out');
  assert.deepEqual(thin([], [], 0, 10, 2), [null, null]);
});
