// What is in the real environment of a real instance, seen in the dashboard.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { healthy } from '../support/axe.js';
import { DESK, PHONE, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';
import { AT_ODDS, makeWheels, WITH_VENV } from '../support/wheels.js';

const stage = setStage();

/** @param {import('../support/server.js').Server} server @param {string} name */
const home = (server, name) => join(server.folder, 'instances', name);

stage.scene('a real environment: facts, packages, conflicts, as text; a check that hangs is cancelled', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.writeBlueprint('venv.sh', WITH_VENV);
  await makeWheels(join(home(server, 'Studio'), 'wheels'), AT_ODDS);
  const { id } = await server.create('Studio', 'venv.sh');
  await server.api('POST', `instances/${id}/start`);
  await server.reach(id, 'started', 60_000);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await dashboard.open();
  await dashboard.choose('Studio', 'Versions');
  const panel = page.getByRole('tabpanel', { name: 'Versions of Studio' });
  // It begins by itself, since there was none.
  await panel.getByText('demo 2.5 requires missing-one, which is not installed.').waitFor({ timeout: 30_000 });
  await panel.getByText('demo 2.5 has requirement lib>=2, but you have lib 1.0.').waitFor();
  await panel.getByText('2 things do not go together, by pip check:').waitFor();
  await panel.getByText(/In the instance's terminal: pip install "missing-one"/).waitFor();
  /** @param {string} name */
  const fact = (name) => panel.locator('.fact').filter({ has: page.getByText(name, { exact: true }) }).locator('dd').textContent();
  assert.match((await fact('Python')) ?? '', /^3\.\d+\.\d+$/);
  assert.equal(await fact('torch'), '2.7.0+cu128');
  assert.equal(await fact('CUDA of torch'), '12.8');
  assert.equal(await fact('Environment'), `${join(home(server, 'Studio'), 'env')} (venv)`);
  const rows = panel.getByRole('table', { name: 'Packages' }).locator('tbody tr:visible');
  assert.equal(await rows.first().textContent(), 'torch2.7.0');
  await healthy(visit, 'versions with conflicts');
  await page.emulateMedia({ colorScheme: 'light' });
  await healthy({ ...visit, look: 'light 1440' }, 'versions with conflicts');

  await panel.getByRole('searchbox', { name: 'Filter the packages' }).fill('Lib');
  await until('only what has such a name', async () => (await rows.allTextContents()).join() === 'lib1.0');
  await panel.getByRole('searchbox').fill('nothing like it');
  await panel.getByText('No package has such a name.').waitFor();
  await panel.getByRole('searchbox').press('Escape');
  await until('all of them', async () => (await rows.count()) > 3);

  await panel.getByRole('button', { name: 'Copy as text' }).click();
  await page.locator('.toast').filter({ hasText: 'Copied' }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of ['Versions of Studio (AiKore ', '\ntorch: 2.7.0+cu128\n', '\n  demo ', 'Conflicts (pip check):\ndemo 2.5']) assert.ok(text.includes(part), `${part}: ${text}`);
  const saved = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download as text' }).click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), 'versions-of-studio.txt');
  assert.equal(await readFile(/** @type {string} */ (await download.path()), 'utf8'), `${text}\n`);

  // It hangs: the phase is told, and it can be ended.
  const lib = join(home(server, 'Studio'), 'env/lib');
  const site = join(lib, (await readdir(lib))[0], 'site-packages/sitecustomize.py');
  await writeFile(site, 'import time\ntime.sleep(600)\n');
  await panel.getByRole('button', { name: 'Check again' }).click();
  const progress = panel.getByRole('group', { name: 'Version check' });
  await progress.getByText('Reading packages…').waitFor();
  assert.equal(await panel.getByRole('button', { name: 'Check again' }).isDisabled(), true);
  await visit.shot('versions while a check hangs');
  // The page is loaded anew in the middle: it finds the check that is under way.
  await page.reload();
  await dashboard.live();
  await progress.getByText('Reading packages…').waitFor();
  await panel.getByText('demo 2.5 requires missing-one').waitFor();
  await progress.getByRole('button', { name: 'Cancel' }).click();
  await panel.getByRole('alert').getByText('The check was cancelled.').waitFor();
  await progress.waitFor({ state: 'hidden' });
  await rm(site);

  // Its Python vanishes, then all of it.
  await rm(join(home(server, 'Studio'), 'env/bin/python'));
  await panel.getByRole('button', { name: 'Check again' }).click();
  await panel.getByRole('alert').getByText(/is broken: its Python .* Rebuild the environment\./).waitFor();
  await rm(join(home(server, 'Studio'), 'env'), { recursive: true });
  await panel.getByRole('button', { name: 'Check again' }).click();
  await panel.getByText(/There is no Python environment in .* yet/).waitFor();
  assert.equal(await panel.getByRole('table').isVisible(), false);
});

stage.scene('on a phone, of a satellite', { ...PHONE, timeout: 90_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  await server.writeBlueprint('venv.sh', WITH_VENV);
  await makeWheels(join(home(server, 'Parent'), 'wheels'), AT_ODDS);
  const { id } = await server.createStarted('Parent', 'venv.sh');
  await server.api('POST', `instances/${id}/instantiate`, { new_name: 'Second' });
  await dashboard.open();
  await dashboard.choose('Second', 'Versions');
  const panel = page.getByRole('tabpanel', { name: 'Versions of Second' });
  await panel.getByText('demo 2.5 requires missing-one').waitFor({ timeout: 30_000 });
  await panel.getByText(`${join(home(server, 'Parent'), 'env')} (venv)`).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await healthy(visit, 'versions on a phone');
});
