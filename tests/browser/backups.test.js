// Backups in the settings: made with their progress, fetched, deleted, and told how to be restored; by mouse, keyboard and thumb.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @typedef {import('./support/stage.js').Visit} Visit */

/** The part of the settings, scrolled to. @param {Visit} visit */
async function openBackups({ page, dashboard }) {
  if (dashboard.touch && !(await page.locator('.launch').isVisible())) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
  await dashboard.act(page.locator('.launch').getByRole('button', { name: /^Settings/ }));
  await dashboard.act(page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('button', { name: 'Backups' }));
  const part = page.getByRole('region', { name: 'Settings', exact: true }).locator('section[aria-label="Backups"]');
  await part.getByRole('button', { name: 'Back up now' }).waitFor();
  return part;
}

/** @param {Visit} visit */
async function forgetAll({ server }) {
  await server.clear();
  for (const { name } of await server.api('GET', 'backups')) await server.api('DELETE', `backups/${name}`);
}

stage.scene('none yet; one is made, fetched and deleted', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await forgetAll(visit);
  await server.create('Studio', 'hello.sh');
  await dashboard.open();
  const part = await openBackups(visit);
  await part.getByText('No backup yet.').waitFor();
  for (const look of /** @type {const} */ (['dark', 'light'])) {
    await page.emulateMedia({ colorScheme: look });
    await healthy({ ...visit, look: `${look} 1440` }, 'backups none');
  }
  await part.getByRole('button', { name: 'Back up now' }).click();
  const line = part.getByRole('list', { name: 'Backups' }).getByRole('listitem');
  await line.getByText('by hand').waitFor();
  await page.locator('.toast').filter({ hasText: 'The backup is made.' }).waitFor();
  assert.equal(await part.getByText('No backup yet.').isVisible(), false);
  const [name] = await readdir(join(server.folder, 'backups'));
  await line.getByText(name).waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), line.getByRole('link', { name: /^Download the backup of/ }).click()]);
  assert.equal(download.suggestedFilename(), name);
  assert.deepEqual(await readFile(await download.path()), await readFile(join(server.folder, 'backups', name)));

  await part.getByText('What is inside, and how to restore it').click();
  await part.getByText('aikore restore FILE').waitFor();
  for (const look of /** @type {const} */ (['dark', 'light'])) {
    await page.emulateMedia({ colorScheme: look });
    await healthy({ ...visit, look: `${look} 1440` }, 'backups');
  }
  // Refused first, then meant.
  const away = line.getByRole('button', { name: /^Delete the backup of/ });
  await away.click();
  await dashboard.dialog.getByText(name).waitFor();
  await healthy(visit, 'backup to be deleted');
  await dashboard.press('Cancel');
  assert.deepEqual(await readdir(join(server.folder, 'backups')), [name]);
  await away.click();
  await dashboard.press('Delete for good');
  await part.getByText('No backup yet.').waitFor();
  assert.deepEqual(await readdir(join(server.folder, 'backups')), []);
});

stage.scene('by keyboard alone, with its progress and a way to call it off', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  await forgetAll(visit);
  const { name } = await server.create('Studio', 'hello.sh');
  // So much that it can be seen at work.
  const home = join(server.folder, 'instances', name, 'settings');
  const noise = () => Array.from({ length: 30_000 }, () => Math.random().toString(36)[2] ?? '0').join('');
  for (let n = 0; n < 1500; n += 1) {
    if (n % 100 === 0) await mkdir(join(home, String(n / 100)), { recursive: true });
    await writeFile(join(home, String(Math.floor(n / 100)), `${n}.json`), noise());
  }
  await dashboard.open();
  const part = await openBackups(visit);
  const make = part.getByRole('button', { name: 'Back up now' });
  await make.focus();
  await page.keyboard.press('Enter');
  const bar = part.getByRole('progressbar', { name: 'Backup' });
  await bar.waitFor();
  await until('how far it is', async () => Number(await bar.getAttribute('aria-valuenow')) > 0);
  await visit.shot('backup at work dark 1440');
  const cancel = part.getByRole('button', { name: 'Cancel Backup' });
  await cancel.focus();
  await page.keyboard.press('Enter');
  await make.waitFor();
  assert.deepEqual(await readdir(join(server.folder, 'backups')), [], 'nothing of it is left');
  await part.getByText('No backup yet.').waitFor();

  await make.focus();
  await page.keyboard.press('Enter');
  const line = part.getByRole('list', { name: 'Backups' }).getByRole('listitem');
  await line.waitFor({ timeout: 60_000 });
  const away = line.getByRole('button', { name: /^Delete the backup of/ });
  await away.focus();
  await page.keyboard.press('Enter');
  await dashboard.dialog.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Cancel', 'what does no harm is first');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await part.getByText('No backup yet.').waitFor();
  await until('the focus where it goes on', () => make.evaluate((button) => button === document.activeElement));
});

stage.scene('what somebody else has made, what was made by itself, and a refusal', DESK, async (visit) => {
  const { page, dashboard, watch, server } = visit;
  await forgetAll(visit);
  await server.create('Studio', 'hello.sh');
  await mkdir(join(server.folder, 'backups'), { recursive: true });
  await writeFile(join(server.folder, 'backups/aikore-20260105-041500-scheduled.tar.gz'), 'old');
  await writeFile(join(server.folder, 'backups/aikore-20260105-041600-migration.tar.gz'), 'old');
  await dashboard.open();
  const part = await openBackups(visit);
  const lines = part.getByRole('list', { name: 'Backups' }).getByRole('listitem');
  await lines.filter({ hasText: 'by itself' }).waitFor();
  await lines.filter({ hasText: 'before an update' }).waitFor();
  await server.api('POST', 'backups');
  await until('the third, without asking', async () => (await lines.count()) === 3);
  await lines.first().getByText('by hand').waitFor();
  // One that is gone meanwhile.
  await server.api('DELETE', 'backups/aikore-20260105-041500-scheduled.tar.gz');
  watch.expectStatus(404, '/api/backups/aikore-20260105-041500-scheduled.tar.gz');
  await lines.filter({ hasText: 'by itself' }).getByRole('button').click();
  await dashboard.press('Delete for good');
  await dashboard.dialog.getByText('There is no backup').waitFor();
  await page.keyboard.press('Escape');
});

for (const look of /** @type {const} */ (['dark', 'light'])) {
  stage.scene(`on a phone, ${look}`, { ...PHONE, colorScheme: look }, async (visit) => {
    const { page, dashboard, server } = visit;
    visit.look = `${look} 390`;
    await forgetAll(visit);
    await server.create('Studio', 'hello.sh');
    await dashboard.open();
    const part = await openBackups(visit);
    await healthy(visit, 'backups none');
    await dashboard.act(part.getByRole('button', { name: 'Back up now' }));
    const line = part.getByRole('list', { name: 'Backups' }).getByRole('listitem');
    await line.waitFor();
    await dashboard.act(part.getByText('What is inside, and how to restore it'));
    await healthy(visit, 'backups');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'nothing is cut off');
    for (const control of await line.locator('a, button').all()) {
      const box = await control.boundingBox();
      assert.ok(box && box.height >= 40 && box.width >= 40, `large enough for a thumb: ${JSON.stringify(box)}`);
    }
    await dashboard.act(line.getByRole('button', { name: /^Delete the backup of/ }));
    await healthy(visit, 'backup to be deleted');
    await dashboard.press('Delete for good');
    await part.getByText('No backup yet.').waitFor();
  });
}
