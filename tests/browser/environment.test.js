// What an app is made of: updated, made anew, put back and pruned by a person, with a real environment and real repositories.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { healthy } from './support/axe.js';
import { GitApp } from './support/git-app.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
/** @type {GitApp} */
let app;
before(async () => (app = await GitApp.make()));
after(() => app?.remove());

/** @typedef {import('./support/stage.js').Visit} Visit */

/** An instance of the app's first version, and its tool. @param {Visit} visit @param {string} name */
async function begin({ page, dashboard, server }, name) {
  await server.clear();
  await app.publish('1');
  await server.writeBlueprint('thing.sh', app.script);
  const { id } = await server.createStarted(name, 'thing.sh');
  await dashboard.open();
  await dashboard.choose(name, 'Environment');
  const panel = page.getByRole('tabpanel', { name: `Environment of ${name}` });
  await panel.getByText('env (venv)').waitFor();
  return { id, panel };
}

/** @param {Visit} visit @param {string} text */
const toast = ({ page }, text) => page.locator('.toast').filter({ hasText: text });

stage.scene('an update asked for, done, and taken back: what happens is said before, and what changed after', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  const { id, panel } = await begin(visit, 'Studio');
  await panel.getByText('None yet.').waitFor();
  assert.equal(await panel.getByRole('button', { name: 'Roll back', exact: true }).isDisabled(), true, 'there is nothing to go back to');
  await panel.locator('.e-repository').filter({ hasText: /app\s*main/ }).getByText('Version 1').waitFor();
  await writeFile(join(server.folder, 'instances/Studio/app/install.sh'), '# changed here\n');
  await panel.getByRole('button', { name: 'Look again' }).click();
  await panel.locator('.e-repository .mark-here').waitFor();

  await app.publish('2');
  await panel.getByRole('button', { name: 'Update', exact: true }).click();
  for (const words of ['It is stopped now and started again.', 'set aside by git', 'The one there is (env: Python 3.', 'put back by themselves', 'Models, outputs, settings']) await dashboard.dialog.getByText(words).waitFor();
  await healthy(visit, 'update, asked before');
  await dashboard.press('Update');
  await toast(visit, 'the update is under way').or(toast(visit, 'Studio: the update went well')).first().waitFor();
  await panel.getByText('The update went well.').waitFor({ timeout: 30_000 });
  await dashboard.reaches('Studio', 'started');
  const state = panel.locator('.e-snapshot');
  await state.getByRole('heading', { name: /^Before the update of / }).waitFor();
  await panel.locator('[aria-label=Code]').getByText('Version 2').waitFor();
  await panel.getByText('What the update changed: 1 package and 1 repository').click();
  assert.match((await state.getByRole('table').textContent()) ?? '', /app[0-9a-f]{20}thing12$/);
  for (const look of /** @type {const} */ (['dark', 'light'])) {
    await page.emulateMedia({ colorScheme: look });
    await healthy({ ...visit, look: `${look} 1440` }, 'environment');
  }

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await panel.getByRole('button', { name: 'Copy as text' }).click();
  await toast(visit, 'Copied').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ['Environment of Studio (AiKore ', 'Environment: env (venv)', '\nLast: update, good, ', 'then thing: 1 → 2']) assert.ok(text.includes(part), `${part}: ${text}`);

  // One click back, by the row's menu, and what is open stays open.
  await dashboard.choose('Studio', 'Roll back');
  await dashboard.dialog.getByText(/It goes back to what it was before the update of .* is put back as it was/).waitFor();
  await dashboard.press('Roll back');
  await panel.getByText('The way back went well.').waitFor({ timeout: 30_000 });
  await panel.locator('[aria-label=Code]').getByText('Version 1').waitFor();

  // While it is stopped it is only asked for; the next start does it, or it is called off.
  await server.api('POST', `instances/${id}/stop?wait=true`);
  await dashboard.choose('Studio', 'Rebuild');
  await dashboard.dialog.getByText('Nothing happens to it now: its next start does the rebuild').waitFor();
  await dashboard.press('Rebuild');
  const banner = panel.getByRole('group', { name: 'What is being tried' });
  await banner.getByText('A rebuild is asked for: it is done at the next start.').waitFor();
  assert.equal(await panel.getByRole('button', { name: 'Update', exact: true }).isDisabled(), true);
  await banner.getByRole('button', { name: 'Call it off' }).click();
  await dashboard.dialog.getByText('Nothing was changed yet, and nothing will be.').waitFor();
  await dashboard.press('Call it off');
  await banner.waitFor({ state: 'hidden' });
  await dashboard.choose('Studio', 'Rebuild');
  await dashboard.press('Rebuild');
  await banner.getByRole('button', { name: 'Start' }).click();
  await panel.getByText('The rebuild went well.').waitFor({ timeout: 30_000 });
});

stage.scene('an update that fails is undone and says why; one that is under way is called off', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  const { panel } = await begin(visit, 'Breaks');
  await app.publish('2', "echo 'gcc: error: no such thing' >&2; exit 9");
  await dashboard.choose('Breaks', 'Update');
  await dashboard.press('Update');
  const outcome = panel.locator('.e-last');
  await outcome.getByText('The update was undone: ').waitFor({ timeout: 30_000 });
  assert.match((await outcome.textContent()) ?? '', /Installing packages[\s\S]*gcc: error: no such thing/);
  await dashboard.reaches('Breaks', 'started');
  await healthy(visit, 'environment after an update was undone');
  await outcome.getByRole('button', { name: 'The end of its log' }).click();
  await dashboard.logShows(/gcc: error: no such thing/);
  const select = page.getByRole('combobox', { name: 'Run' });
  await until('the run that failed', async () => /exit code 9/.test(await select.evaluate((one) => /** @type {HTMLSelectElement} */ (one).selectedOptions[0].text)));

  await app.publish('3', 'for n in $(seq 600); do sleep 0.1; done');
  await dashboard.choose('Breaks', 'Environment');
  await panel.getByRole('button', { name: 'Update', exact: true }).click();
  await dashboard.press('Update');
  const banner = panel.getByRole('group', { name: 'What is being tried' });
  await banner.getByText('An update is under way.').waitFor();
  await banner.getByText('Installing packages (3 of 3)').waitFor();
  await healthy(visit, 'environment while an update is under way');
  // Stopped in the middle: it is there still, for the next start or for an end.
  await dashboard.choose('Breaks', 'Stop');
  await banner.getByText('An update was begun and is not finished: the next start goes on with it.').waitFor();
  await banner.getByRole('button', { name: 'Start' }).click();
  await banner.getByText('Installing packages (3 of 3)').waitFor();
  // From the row's menu too.
  await dashboard.choose('Breaks', 'Roll back');
  await dashboard.dialog.getByText('It is stopped, and started again as it was before.').waitFor();
  await dashboard.press('Call it off');
  await outcome.getByText('The update was undone: It was called off.').waitFor();
  await dashboard.reaches('Breaks', 'started');
  await banner.waitFor({ state: 'hidden' });
  assert.equal(await panel.locator('.e-snapshot').count(), 0, 'it is what is there');
  assert.match(await readFile(join(server.folder, 'instances/Breaks/app/install.sh'), 'utf8'), /thing-1/);
});

stage.scene('earlier states are pruned after a preview, and made anew by their list, on a phone', { ...PHONE, timeout: 120_000 }, async (visit) => {
  const { page, dashboard } = visit;
  const { panel } = await begin(visit, 'Pocket');
  const states = panel.locator('.e-snapshot');
  for (const count of [1, 2]) {
    await app.publish(`2.${count}`);
    await dashboard.act(panel.getByRole('button', { name: 'Update', exact: true }));
    await dashboard.press('Update');
    await until('another earlier state', async () => (await states.count()) === count, 30_000);
    await panel.getByRole('group', { name: 'What is being tried' }).waitFor({ state: 'hidden', timeout: 30_000 });
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await healthy(visit, 'environment on a phone');

  await dashboard.act(panel.getByRole('button', { name: 'Prune several earlier states' }));
  await dashboard.dialog.getByText(/^At least [\d.]+ [KM]B will be free\./).waitFor();
  const frees = await dashboard.dialog.locator('.prune-frees').allTextContents();
  assert.ok(frees.length === 2 && frees.every((text) => /^frees [\d.]+ [KM]B$/.test(text)), frees.join());
  await healthy(visit, 'prune on a phone');
  // The newer of the two stays.
  await dashboard.act(dashboard.dialog.locator('.prune-list label').first());
  await dashboard.dialog.getByText(/^[\d.]+ [KM]B will be free\./).waitFor();
  await dashboard.press('Prune');
  await toast(visit, '1 environment of Pocket removed').waitFor();
  await states.nth(1).getByText('Only its list is kept: going back makes it anew by exactly these').waitFor();
  assert.equal(await states.first().getByText('Only its list is kept').count(), 0);

  await dashboard.act(states.nth(1).getByRole('button', { name: /^Roll back to this/ }));
  await dashboard.dialog.getByText(/its environment is made anew by exactly these 1 package, which takes as long/).waitFor();
  await dashboard.press('Roll back');
  await panel.getByText('The way back went well.').waitFor({ timeout: 30_000 });
  await panel.locator('[aria-label=Code]').getByText('Version 1').waitFor();
  // What it went back to is what is there now; the two others are whole, and one of them is removed that way.
  await until('two earlier states', async () => (await states.count()) === 2);
  await dashboard.act(states.first().getByRole('button', { name: /^Prune: / }));
  await dashboard.act(dashboard.dialog.getByText('Remove them whole'));
  await dashboard.dialog.getByText('Nothing of them stays').waitFor();
  await dashboard.dialog.getByText(/will be free/).waitFor();
  await dashboard.press('Prune');
  await until('one earlier state', async () => (await states.count()) === 1);
});

stage.scene('a satellite says whose environment it is; what is not installed has none', { ...DESK, timeout: 90_000 }, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  const { id } = await begin(visit, 'Parent');
  await server.api('POST', `instances/${id}/instantiate`, { new_name: 'Second' });
  await dashboard.choose('Second', 'Environment');
  const panel = page.getByRole('tabpanel', { name: 'Environment of Second' });
  await panel.getByText('This is the environment of Parent, which it runs with.').waitFor();
  await dashboard.choose('Second', 'Update');
  await dashboard.dialog.getByText('It is that of Parent: it changes for Parent as well. Stop Parent first').waitFor();
  watch.expectStatus(409, '/update');
  await dashboard.press('Update');
  await dashboard.dialog.getByRole('alert').getByText('runs with the same environment').waitFor();
  await dashboard.press('Cancel');

  await server.create('Fresh', 'hello.sh');
  await dashboard.choose('Fresh', 'Environment');
  const fresh = page.getByRole('tabpanel', { name: 'Environment of Fresh' });
  await fresh.getByText('Nothing is installed yet: the first start does that.').waitFor();
  await healthy(visit, 'environment that is not there');
  await dashboard.choose('Fresh', 'Roll back');
  await dashboard.dialog.getByText('There is no earlier state to go back to').waitFor();
  await dashboard.press('Cancel');
  // By its key.
  await dashboard.row('Second').focus();
  await page.keyboard.press('d');
  await panel.waitFor();
});
