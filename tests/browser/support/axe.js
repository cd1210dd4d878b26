// axe-core finds nothing serious in what is on the screen. Leaves a picture of it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from './wait.js';

const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** @param {import('./stage.js').Visit} visit @param {string} where */
export async function healthy({ page, shot, look }, where) {
  // A fade in progress would be measured half-transparent.
  await until('no animation', () => page.evaluate(() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)));
  await page.evaluate(axe);
  // What an app shows inside a frame is its own business.
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'], iframes: false }));
  const bad = violations.filter((/** @type {any} */ one) => ['serious', 'critical'].includes(one.impact));
  const words = bad.flatMap((/** @type {any} */ { id, nodes }) => nodes.slice(0, 3).map((/** @type {any} */ node) => `${id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim()})`));
  await shot(`${where} ${look}`);
  assert.deepEqual(words, [], where);
}
