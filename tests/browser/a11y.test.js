// axe-core finds nothing serious on any page or dialog, in the dark and in the light. Leaves a picture of each.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
const axe = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** @param {import('./support/stage.js').Visit} visit @param {string} where */
async function healthy({ page, shot, look }, where) {
  // A fade in progress would be measured half-transparent.
  await until('no animation', () => page.evaluate(() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter((/** @type {any} */ one) => ['serious', 'critical'].includes(one.impact));
  const words = bad.flatMap((/** @type {any} */ { id, nodes }) => nodes.slice(0, 3).map((/** @type {any} */ node) => `${id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim()})`));
  await shot(`${where} ${look}`);
  assert.deepEqual(words, [], where);
}

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`the dashboard, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, dashboard, server } = visit;
      await server.clear();
      await dashboard.open();
      await page.locator('.card').first().waitFor();
      await healthy(visit, 'dashboard empty');

      await server.writeBlueprint('breaks.sh', 'echo "this is the end"; exit 7\n');
      await server.createStarted('running');
      const broken = await server.create('broken', 'breaks.sh');
      await server.api('POST', `instances/${broken.id}/start`);
      await server.create('stopped', 'hello.sh');
      await dashboard.reaches('broken', 'error');
      await dashboard.row('stopped').waitFor();
      await healthy(visit, 'dashboard');

      await dashboard.menu('running');
      await healthy(visit, 'menu');
      await page.keyboard.press('Escape');

      await dashboard.choose('running', 'Log');
      await dashboard.logShows(/ready http/);
      await healthy(visit, 'log');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));

      await dashboard.openCreate();
      await dashboard.act(dashboard.option('Hello'));
      await dashboard.field('Name').fill('a/b');
      await healthy(visit, 'create dialog with a fault');
      await dashboard.press('Cancel');

      for (const label of ['Edit', 'Delete']) {
        await dashboard.choose('stopped', label);
        await dashboard.dialog.waitFor();
        await healthy(visit, `${label} dialog`);
        await dashboard.press('Cancel');
      }
    });

    stage.scene(`the pages in place of an app, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, watch, server } = visit;
      await server.clear();
      await server.writeBlueprint('breaks.sh', 'printf "\\e[31mthis\\e[0m is the \\e[90mend\\e[0m\\n"; exit 7\n');
      await server.writeBlueprint('slow.sh', 'source "$AIKORE_LIB/functions.sh"; phase "Taking its time" 2 5; sleep 600\n');
      for (const [name, blueprint] of [['broken', 'breaks.sh'], ['busy', 'slow.sh']]) {
        const { id } = await server.create(name, blueprint);
        await server.api('POST', `instances/${id}/start`);
      }
      await server.create('resting', 'hello.sh');
      watch.expectStatus(502);
      watch.expectStatus(503);
      watch.expectStatus(404, '/instance/none-such/');
      for (const [slug, sign] of [
        ['broken', '.status[data-status=error]'],
        ['busy', '.page-progress'],
        ['resting', '.status[data-status=stopped]'],
        ['none-such', 'h1'],
      ]) {
        await page.goto(`${server.address}/instance/${slug}/`);
        await page.locator(sign).waitFor();
        await healthy(visit, `page of ${slug}`);
      }
    });
  }
}
