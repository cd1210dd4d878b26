// The settings, and the whole frame in every theme: nothing serious for axe.
import assert from 'node:assert/strict';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @param {import('./support/stage.js').Visit} visit @param {string} name */
async function openTool({ page, dashboard }, name) {
  if (dashboard.touch && !(await page.locator('.launch').isVisible())) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
  await dashboard.act(page.locator('.launch').getByRole('button', { name: new RegExp(`^${name}`) }));
}

stage.scene('theme, density and sizes: at once, in every place, in another tab, after a reload', DESK, async (visit) => {
  const { page, dashboard, watch, server } = visit;
  watch.expectStatus(404, '/api/system/config');
  await server.create('Studio', 'hello.sh');
  await dashboard.open();
  await openTool(visit, 'Settings');
  const settings = page.getByRole('region', { name: 'Settings' });
  const other = await page.context().newPage();
  await other.goto(`${server.address}/`);
  await other.locator('html[data-link=live]').waitFor();
  await page.bringToFront();

  await settings.getByText('CRT', { exact: true }).click();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'crt');
  assert.equal(await page.locator('.top').getByRole('radio', { name: 'CRT theme' }).isChecked(), true, 'the header knows');
  await until('the other tab', async () => (await other.locator('html').getAttribute('data-theme')) === 'crt');
  await other.close();

  const row = async () => (await dashboard.row('Studio').boundingBox())?.height ?? 0;
  const comfortable = await row();
  await settings.getByText('Dense', { exact: true }).click();
  assert.ok((await row()) < comfortable);
  await settings.getByRole('button', { name: 'Instances: larger' }).click();
  await page.reload();
  await dashboard.live();
  await settings.waitFor();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'crt');
  assert.equal(await settings.getByRole('radio', { name: 'Dense' }).isChecked(), true);
  assert.equal(await page.locator('#list .zoom-figure').textContent(), '110 %');
  await settings.getByRole('button', { name: 'All back to 100 %' }).click();
  assert.equal(await page.locator('#list .zoom-figure').textContent(), '100 %');
});

stage.scene('where login is off it says so once; about names what is bundled', DESK, async (visit) => {
  const { page, dashboard, watch } = visit;
  watch.expectStatus(404, '/api/system/config');
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await dashboard.open();
  await openTool(visit, 'Settings');
  const settings = page.getByRole('region', { name: 'Settings' });
  await settings.getByText(/Login is off: AIKORE_AUTH=none/).waitFor();
  assert.equal(await settings.getByText(/Login is off/).count(), 1);
  assert.equal(await settings.getByRole('heading', { name: 'Sessions' }).count(), 0);
  assert.deepEqual(asked.filter((path) => path.startsWith('/api/auth')), [], 'nobody is asked about logins');
  assert.equal(await page.locator('.user').isVisible(), false);

  await page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('button', { name: 'About' }).click();
  await settings.getByText(/^AiKore \d+\.\d+/).waitFor();
  const split = settings.locator('details').filter({ hasText: 'split.js' });
  await split.locator('summary').click();
  await split.getByText(/Permission is hereby granted/).waitFor();
});

for (const [size, screen] of Object.entries({ desk: DESK, phone: PHONE })) {
  for (const look of /** @type {const} */ (['dark', 'light', 'crt'])) {
    stage.scene(`the frame and its tools, ${look}, ${size}`, { ...screen, colorScheme: look === 'light' ? 'light' : 'dark', timeout: 120_000 }, async (visit) => {
      const { page, dashboard, watch, server } = visit;
      visit.look = `${look} ${screen.viewport.width}`;
      watch.expectStatus(404, '/api/audit');
      watch.expectStatus(404, '/api/system/config');
      watch.expect(/net::ERR_ABORTED/, /WebSocket connection to '[^']*\/ws/, /ERR_INCOMPLETE_CHUNKED_ENCODING/);
      await server.clear();
      await server.api('DELETE', 'trash');
      if (look === 'crt') await page.addInitScript(() => localStorage.setItem('aikore.theme', 'crt'));
      await server.createStarted('Studio');
      await server.create('Resting', 'hello.sh');
      for (const name of ['Old experiment', 'Another one']) {
        const { id } = await server.create(name, 'hello.sh');
        await server.api('DELETE', `instances/${id}`, { mode: 'trash' });
      }
      await dashboard.open();
      await dashboard.reaches('Studio', 'started');
      await dashboard.row('Studio').focus();
      await page.keyboard.press('s');
      await page.locator('.toast').waitFor();
      if (dashboard.touch) {
        await dashboard.act(page.getByRole('button', { name: 'Machine', exact: true }));
        await healthy(visit, 'monitoring');
        await dashboard.act(page.getByRole('button', { name: 'Close the monitoring' }));
        await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
      }
      await until('the name on the screen', async () => (await page.locator('.crt').getAttribute('data-moving')) === 'true');
      await healthy(visit, 'welcome');
      await openTool(visit, 'Activity');
      await page.locator('.message').first().waitFor();
      await healthy(visit, 'activity');
      await openTool(visit, 'Trash');
      await until('both sizes', async () => (await page.locator('.t-size').filter({ hasText: /\d+ K?B/ }).count()) === 2, 30_000);
      await healthy(visit, 'trash');
      await dashboard.act(page.getByRole('button', { name: 'Delete Old experiment for good' }));
      await healthy(visit, 'trash dialog');
      await dashboard.press('Cancel');
      await openTool(visit, 'Settings');
      await page.locator('.licences li').first().waitFor({ state: 'attached' });
      await healthy(visit, 'settings');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));
      await dashboard.choose('Resting', 'View here');
      await page.getByRole('heading', { name: 'Resting: stopped' }).waitFor();
      await healthy(visit, 'view of a stopped instance');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));
      await dashboard.choose('Studio', 'View here');
      await page.frameLocator('.view-frame').getByRole('heading', { name: 'Hello from Studio' }).waitFor();
      await healthy(visit, 'view of a running instance');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'All actions' }).waitFor();
      await page.keyboard.type('stu');
      await healthy(visit, 'palette');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys and help' }).waitFor();
      await healthy(visit, 'help');
    });
  }
}
