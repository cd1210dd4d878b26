// The shelf of wheels, and what an instance has of it, in the dashboard.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { healthy } from '../support/axe.js';
import { DESK, PHONE, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';
import { makeWheels } from '../support/wheels.js';

const stage = setStage();
const DEMO = 'demo-1.0+arch8.9-py3-none-any.whl';
const OLD = 'old_one-3.1-cp27-cp27mu-linux_x86_64.whl';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aik-wheels-'));
  await makeWheels(folder, [
    ['demo', '1.0+arch8.9', 'py3-none-any', [], { 'demo.py': 'x = 1\n' }],
    ['old_one', '3.1', 'cp27-cp27mu-linux_x86_64', [], {}],
  ]);
});
after(() => rm(folder, { recursive: true, force: true }));

/** @param {string} path */
const listed = async (path) => (await readdir(path).catch(() => [])).filter((name) => name.endsWith('.whl')).toSorted();

stage.scene('wheels come to the shelf, go to an instance, and leave', { ...DESK, timeout: 90_000 }, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  const shelf = join(server.folder, 'instances/.wheels');
  await dashboard.open();
  await page.keyboard.press('w');
  const panel = page.getByRole('tabpanel', { name: 'Wheels', exact: true });
  await panel.getByText('The shelf is empty.').waitFor();
  const input = panel.locator('input[type=file]');
  await input.setInputFiles([join(folder, DEMO), join(folder, OLD)]);
  const row = (/** @type {string} */ name) => panel.getByRole('row').filter({ hasText: name });
  await row(DEMO).waitFor();
  await row(OLD).waitFor();
  assert.match((await row(DEMO).textContent()) ?? '', /py3 · none · any.*GPU arch 8\.9/);
  await until('the count', async () => /^2 wheels · /.test((await panel.locator('.tool-bar').textContent()) ?? ''));
  assert.deepEqual(await listed(shelf), [DEMO, OLD]);
  await healthy(visit, 'the shelf');
  await page.emulateMedia({ colorScheme: 'light' });
  await healthy({ ...visit, look: 'light 1440' }, 'the shelf');

  // What goes wrong is said in words, each at its file.
  watch.expectStatus(409, '/api/builder/wheels/');
  watch.expectStatus(422, '/api/builder/wheels/');
  watch.expectStatus(507, '/api/builder/wheels/');
  watch.expectStatus(404, '/api/builder/wheels/');
  const upload = (/** @type {string} */ name) => panel.getByRole('list', { name: 'Uploads' }).getByRole('listitem').filter({ hasText: name });
  const named = join(folder, 'notes.whl');
  const binary = join(folder, 'picture-1-py3-none-any.whl');
  const huge = join(folder, 'huge-1-py3-none-any.whl');
  await writeFile(named, 'x');
  await writeFile(binary, Buffer.from('89504e470d0a1a0a0000', 'hex'));
  // More than the disk has, and takes no room itself.
  const file = await open(huge, 'w');
  await file.truncate(8 * 2 ** 40);
  await file.close();
  await input.setInputFiles([named, binary, join(folder, DEMO), huge]);
  await upload('notes.whl').getByText(/is no name of a wheel: a wheel is called name-version/).waitFor();
  await upload('picture-1').getByText(/This is no wheel: a wheel is a zip archive/).waitFor();
  await upload(DEMO).getByText(/on the shelf already/).waitFor();
  await upload('huge-1').getByText(/MiB more are needed\. Make room/).waitFor({ timeout: 20_000 });
  await visit.shot('uploads that failed');
  await upload(DEMO).getByRole('button', { name: 'Replace' }).click();
  await upload(DEMO).waitFor({ state: 'detached' });
  for (const name of ['notes.whl', 'picture-1', 'huge-1']) await upload(name).getByRole('button', { name: /^Forget/ }).click();
  assert.deepEqual(await listed(shelf), [DEMO, OLD]);
  assert.equal((await readdir(shelf)).length, 2, 'nothing is half there');

  const saved = page.waitForEvent('download');
  await row(DEMO).getByRole('link', { name: `Download ${DEMO}` }).click();
  assert.equal((await saved).suggestedFilename(), DEMO);

  // An instance gets one, without the card's suffix; what does not fit its Python is said.
  await server.create('Studio', 'hello.sh');
  const home = join(server.folder, 'instances/Studio');
  await dashboard.choose('Studio', 'Its wheels');
  const own = page.getByRole('tabpanel', { name: 'Wheels of Studio' });
  await own.getByText('0 of 2 in Studio').waitFor();
  await own.getByRole('checkbox', { name: new RegExp(`^${DEMO.replace(/[.+]/g, '\\$&')}`) }).check();
  await own.getByText('1 change not applied').waitFor();
  await own.getByRole('button', { name: 'Undo' }).click();
  assert.equal(await own.getByRole('button', { name: 'Apply' }).isDisabled(), true);
  await own.getByRole('checkbox').first().check();
  await own.getByRole('button', { name: 'Apply' }).click();
  await own.getByText('1 of 2 in Studio').waitFor();
  assert.deepEqual(await listed(join(home, 'wheels')), ['demo-1.0-py3-none-any.whl']);
  await writeFile(join(home, 'wheels/mine-1-py3-none-any.whl'), '');
  await mkdir(join(home, 'env'));
  await writeFile(join(home, 'env/pyvenv.cfg'), 'version = 3.12.4\n');
  await own.getByRole('button', { name: 'Look again' }).click();
  await own.getByText('It is for Python 2.7; this environment has Python 3.12.').waitFor();
  await own.getByText('Only in this instance, not on the shelf').waitFor();
  await healthy({ ...visit, look: 'light 1440' }, 'wheels of an instance');

  // One that has vanished from the disk meanwhile, and one that is there.
  await page.getByRole('tab', { name: 'Wheels', exact: true }).click();
  await row(OLD).waitFor();
  await rm(join(shelf, OLD));
  await row(OLD).getByRole('button', { name: `Delete ${OLD}` }).click();
  await dashboard.press('Delete for good');
  await dashboard.dialog.getByRole('alert').getByText(/File not found: there is no wheel/).waitFor();
  await dashboard.press('Cancel');
  await row(DEMO).getByRole('button', { name: `Delete ${DEMO}` }).click();
  await dashboard.press('Delete for good');
  await panel.getByText('The shelf is empty.').waitFor();
  assert.deepEqual(await listed(shelf), []);
  assert.deepEqual(await listed(join(home, 'wheels')), ['demo-1.0-py3-none-any.whl', 'mine-1-py3-none-any.whl']);
});

stage.scene('on a phone', PHONE, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  await server.create('Studio', 'hello.sh');
  await dashboard.open();
  await dashboard.choose('Studio', 'Its wheels');
  const own = page.getByRole('tabpanel', { name: 'Wheels of Studio' });
  await own.getByText('There is no wheel on the shelf yet.').waitFor();
  await dashboard.act(own.getByRole('button', { name: 'Open the shelf' }).last());
  const panel = page.getByRole('tabpanel', { name: 'Wheels', exact: true });
  await panel.locator('input[type=file]').setInputFiles([join(folder, DEMO), join(folder, OLD)]);
  await panel.getByRole('row').filter({ hasText: OLD }).waitFor();
  await panel.getByRole('row').filter({ hasText: DEMO }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await healthy(visit, 'the shelf on a phone');
  await dashboard.act(page.getByRole('tab', { name: 'Wheels of Studio' }));
  await own.getByText('0 of 2 in Studio').waitFor();
  await dashboard.act(own.getByRole('checkbox').first());
  await dashboard.act(own.getByRole('button', { name: 'Apply' }));
  await own.getByText('1 of 2 in Studio').waitFor();
  await healthy(visit, 'wheels of an instance on a phone');
});
