// Everything without a mouse.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { helloIsThere } from './support/hello.js';
import { DESK, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** Goes on with Tab until something with this name has the focus. @param {import('playwright-core').Page} page @param {string} name @param {number} [most] */
async function tabTo(page, name, most = 30) {
  const seen = [];
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate(() => {
      const { activeElement: here } = document;
      return here?.getAttribute('aria-label') || /** @type {any} */ (here)?.labels?.[0]?.textContent || here?.textContent || '';
    });
    if (label.trim() === name) return;
    seen.push(label.trim());
  }
  throw new Error(`Tab does not come to “${name}”, only to: ${seen.join(' | ')}`);
}

stage.scene('with Tab, letters and Enter: create, start, open, read the log, stop, delete', DESK, async ({ page, dashboard, server }) => {
  const keys = page.keyboard;
  await dashboard.open();
  await page.getByText('No instances yet').waitFor();
  await tabTo(page, 'New instance');
  await keys.press('Enter');
  await dashboard.dialog.locator('.blueprint').first().waitFor();

  // The search for blueprints has the focus; Enter takes the one found and goes to the name.
  await keys.type('hello');
  await keys.press('Enter');
  assert.equal(await dashboard.field('Name').evaluate((field) => field === document.activeElement), true);
  await keys.type('By hand');
  await tabTo(page, 'Start now');
  await keys.press('Enter');
  await dashboard.reaches('By hand', 'started');
  const row = dashboard.row('By hand');
  await until('the focus on the new row', () => row.evaluate((one) => one === document.activeElement));

  const opened = page.context().waitForEvent('page');
  await keys.press('Enter');
  const app = await opened;
  await helloIsThere(app, 'By hand');
  await app.close();
  await page.bringToFront();

  await row.focus();
  await keys.press('l');
  await dashboard.logShows(/ready http/);
  assert.equal(await dashboard.log.evaluate((log) => log === document.activeElement), true, 'the log has the focus');

  await row.focus();
  await keys.press('Shift+F10');
  await page.getByRole('menu').waitFor();
  await keys.press('ArrowDown');
  await keys.press('Escape');
  assert.equal(await row.getByRole('button', { name: /More actions/ }).evaluate((button) => button === document.activeElement), true, 'back at the button');

  await row.focus();
  await keys.press('x');
  await dashboard.reaches('By hand', 'stopped');
  // The event may come before the answer to the call: until then the row is busy.
  await until('the dialog', async () => {
    await keys.press('Delete');
    return dashboard.dialog.waitFor({ timeout: 500 }).then(() => true, () => false);
  });
  await keys.press('Escape');
  await dashboard.dialog.waitFor({ state: 'detached' });
  assert.equal(await row.count(), 1, 'Escape deletes nothing');
  await keys.press('Delete');
  await dashboard.dialog.waitFor();
  await keys.press('Enter');
  await row.waitFor({ state: 'detached' });
  await until('it in the trash', async () => (await readdir(join(server.folder, 'trashcan'))).includes('By hand'));
});
