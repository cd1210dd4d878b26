// All actions by typing, and the help; both are made from the table of actions.
import assert from 'node:assert/strict';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

stage.scene('by typing: stop one of two, go to a row, change the theme; Escape leads back', DESK, async ({ page, dashboard, server }) => {
  await server.clear();
  await server.createStarted('Studio');
  await server.create('Comfy main', 'hello.sh');
  await dashboard.open();
  await dashboard.reaches('Studio', 'started');
  const keys = page.keyboard;
  const palette = page.getByRole('dialog', { name: 'All actions' });
  const options = palette.getByRole('option');
  const selected = palette.locator('[role=option][aria-selected=true]');

  await dashboard.row('Comfy main').focus();
  await keys.press('Control+k');
  await palette.waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'What shall be done?' }).evaluate((one) => one === document.activeElement), true);
  // Without a search: what the row in hand can do.
  assert.match((await options.first().textContent()) ?? '', /^Start: Comfy main/);
  await keys.press('Escape');
  await palette.waitFor({ state: 'detached' });
  assert.equal(await dashboard.row('Comfy main').evaluate((row) => row === document.activeElement), true, 'back in the row');

  await keys.press('Control+k');
  await keys.type('stu stop');
  await until('the one meant', async () => /^Stop: Studio/.test((await selected.textContent()) ?? ''));
  await keys.press('Enter');
  await dashboard.reaches('Studio', 'stopped');

  // What can't be done says why, and Enter does nothing.
  await keys.press('Control+k');
  await keys.type('stop: studio');
  await until('the reason', async () => /It is not running\./.test((await selected.textContent()) ?? ''));
  assert.equal(await selected.getAttribute('aria-disabled'), 'true');
  await keys.press('Enter');
  assert.equal(await palette.count(), 1);
  await keys.press('Control+k');
  await palette.waitFor({ state: 'detached' });

  await keys.press('Control+k');
  await keys.type('zebra');
  await palette.getByText(/Nothing is called/).waitFor();
  await keys.press('Control+a');
  await keys.type('go cm');
  await keys.press('ArrowDown');
  await keys.press('ArrowUp');
  await until('the row', async () => /^Go to: Comfy main/.test((await selected.textContent()) ?? ''));
  await keys.press('Enter');
  assert.equal(await dashboard.row('Comfy main').evaluate((row) => row === document.activeElement), true);

  // The shelf and what one instance has of it are told apart.
  await keys.press('Control+k');
  await keys.type('wheels');
  await until('both', async () => {
    const all = await options.allTextContents();
    return all.includes('WheelsW') && all.includes('Its wheels: Studio');
  });
  await keys.press('Escape');
  await keys.press('Control+k');
  await keys.type('light th');
  await keys.press('Enter');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
});

stage.scene('every action with a key is in the help, and every other in the palette', DESK, async ({ page, dashboard, server }) => {
  await server.clear();
  await server.create('Studio', 'hello.sh');
  await dashboard.open();
  const menu = await dashboard.menu('Studio');
  const labels = await menu.locator('.menu-label').allTextContents();
  const withKey = await menu.getByRole('menuitem').filter({ has: page.locator('kbd') }).locator('.menu-label').allTextContents();
  assert.ok(labels.length > 8 && withKey.length > 5);
  await page.keyboard.press('Escape');

  await page.keyboard.press('?');
  const help = await page.getByRole('dialog', { name: 'Keys and help' }).locator('.key-list').allTextContents();
  for (const label of withKey) assert.ok(help.join(' ').includes(label), `${label} in the help`);
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('studio');
  const found = await page.getByRole('option').allTextContents();
  for (const label of labels) assert.ok(found.some((text) => text.startsWith(`${label}: Studio`)), `${label} in the palette`);
});

stage.scene('on a phone it is a press away', PHONE, async ({ page, dashboard, server, shot, watch }) => {
  watch.expectStatus(404, '/api/system/config');
  await server.clear();
  await server.create('Studio', 'hello.sh');
  await dashboard.open();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Actions' }).tap();
  await page.getByRole('combobox', { name: 'What shall be done?' }).fill('settings');
  await shot('palette on a phone');
  await page.getByRole('dialog', { name: 'All actions' }).getByRole('option').first().tap();
  await page.getByRole('region', { name: 'Settings' }).waitFor();
  await page.getByRole('button', { name: 'Close the tools' }).tap();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Machine' }).tap();
  await page.getByRole('region', { name: 'Monitoring' }).waitFor();
  await page.getByRole('button', { name: 'Close the monitoring' }).tap();
  await dashboard.row('Studio').waitFor();
});
