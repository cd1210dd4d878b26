// A dashboard that stays open: a hundred instances change for a while, and it holds no more than before.
// LEAK_SECONDS: how long (make soak: an hour).
import assert from 'node:assert/strict';
import { DESK, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';

const COUNT = 100;
const SECONDS = Number(process.env.LEAK_SECONDS || 25);
const stage = setStage({ pool: COUNT + 4 });

/** What a page holds once everything that can go is gone. @param {import('playwright-core').CDPSession} control */
async function held(control) {
  for (let turn = 0; turn < 3; turn += 1) await control.send('HeapProfiler.collectGarbage');
  const { metrics } = await control.send('Performance.getMetrics');
  const of = (/** @type {string} */ name) => metrics.find((one) => one.name === name)?.value ?? 0;
  return { listeners: of('JSEventListeners'), nodes: of('Nodes'), heap: of('JSHeapUsedSize') };
}

stage.scene(`${COUNT} instances change for ${SECONDS} seconds, and nothing piles up`, { ...DESK, timeout: 180_000 + SECONDS * 1500 }, async ({ page, dashboard, server }) => {
  await dashboard.open();
  /** @type {number[]} */
  const ids = [];
  for (const at of Array(COUNT).keys()) ids.push((await server.create(`leak ${at}`, 'hello.sh')).id);
  await until('all of them in the list', async () => (await dashboard.rows.count()) === COUNT, 30_000);
  const control = await page.context().newCDPSession(page);
  await control.send('Performance.enable');

  let turn = 0;
  /** @param {number} until_ */
  const change = async (until_) => {
    let changes = 0;
    while (Date.now() < until_) {
      turn += 1;
      const at = turn % COUNT;
      const id = ids[at];
      // Names, switches, order, and now and then one goes and another comes.
      if (turn % 7 === 0) await server.api('PUT', `instances/${id}`, { name: `leak ${at} ${turn % 13}` });
      else if (turn % 50 === 0) {
        await server.api('DELETE', `instances/${id}`, { mode: 'permanent' });
        ids[at] = (await server.create(`new ${turn}`, 'hello.sh')).id;
        changes += 1;
      } else await server.api('PUT', `instances/${id}`, turn % 2 ? { autostart: turn % 4 === 1 } : { order: turn });
      changes += 1;
    }
    // The last of it has arrived.
    await server.api('PUT', `instances/${ids[0]}`, { name: `done ${turn}` });
    await dashboard.row(`done ${turn}`).waitFor();
    return changes;
  };

  // What is made once is made now.
  await change(Date.now() + Math.min(10_000, SECONDS * 400));
  const before = await held(control);
  const changes = await change(Date.now() + SECONDS * 1000);
  const after = await held(control);
  console.log(`  ${changes} changes; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
  assert.ok(changes > SECONDS, 'it was busy');
  assert.ok(after.listeners <= before.listeners + 20, `listeners: ${before.listeners} → ${after.listeners}`);
  assert.ok(after.nodes <= before.nodes + 200, `nodes: ${before.nodes} → ${after.nodes}`);
  assert.ok(after.heap <= before.heap * 1.15 + 500_000, `heap: ${before.heap} → ${after.heap}`);
});
