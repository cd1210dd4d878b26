// The files of an instance and the models: looked through, uploaded with interruptions, renamed, deleted and brought back.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { healthy } from '../support/axe.js';
import { DESK, PHONE, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';

const stage = setStage();

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../support/stage.js').Visit} Visit */

/** What a person has on their own machine. */
let own = '';
before(async () => void (own = await mkdtemp(join(tmpdir(), 'aik-own-'))));
after(() => rm(own, { recursive: true, force: true }));

const grid = (/** @type {Page} */ page) => page.locator('.tool-panel:not([hidden]) .file-grid');
const row = (/** @type {Page} */ page, /** @type {string} */ name) => grid(page).locator(`.file-row[data-name="${name}"]`);
const toast = (/** @type {Page} */ page, /** @type {string|RegExp} */ text) => page.locator('.toast').filter({ hasText: text });
const names = (/** @type {Page} */ page) => grid(page).locator('.file-rows .file-row').evaluateAll((rows) => rows.toSorted((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex'))).map((one) => /** @type {HTMLElement} */ (one).dataset.name));
const shows = (/** @type {Page} */ page, /** @type {string[]} */ wanted) => until(`the names ${wanted.join(', ')}`, async () => (await names(page)).join('/') === wanted.join('/'));
const isThere = (/** @type {string} */ path) => access(path).then(() => true, () => false);
const hashOf = async (/** @type {string} */ path) => createHash('sha256').update(await readFile(path)).digest('hex');

/** Writes files below a folder. @param {string} folder @param {Record<string, string|Buffer>} files */
async function furnish(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** An instance with some files, and its tool opened. @param {Visit} visit @param {string} name */
async function furnished({ page, dashboard, server }, name) {
  const { id } = await server.create(name, 'hello.sh');
  const home = join(server.folder, 'instances', name);
  await furnish(home, { 'launch.sh': '#!/bin/bash\n', 'b.bin': Buffer.alloc(2500), 'a.txt': 'a', 'notes 100%.md': 'n', 'app/main.py': 'm', 'app/deep/x.py': 'x' });
  await symlink('/etc', join(home, 'elsewhere'));
  await dashboard.open();
  await dashboard.choose(name, 'Files');
  await shows(page, ['app', 'a.txt', 'b.bin', 'elsewhere', 'launch.sh', 'notes 100%.md']);
  return { id, home };
}

stage.scene('a folder is looked through with the mouse and by keyboard', DESK, async (visit) => {
  const { page } = visit;
  const { home } = await furnished(visit, 'Looked');
  assert.match((await row(page, 'b.bin').textContent()) ?? '', /2\.4 KB/);
  await row(page, 'elsewhere').getByText('leads elsewhere').waitFor();
  await row(page, 'elsewhere').getByRole('button', { name: 'elsewhere', exact: true }).dispatchEvent('click');
  await toast(page, 'elsewhere: A link that leads elsewhere').waitFor();

  // In and out by keyboard; where one was is where one is again.
  await row(page, 'app').getByRole('button', { name: 'app', exact: true }).click();
  await shows(page, ['deep', 'main.py']);
  await page.keyboard.press('Backspace');
  await shows(page, ['app', 'a.txt', 'b.bin', 'elsewhere', 'launch.sh', 'notes 100%.md']);
  await until('the row one came from', async () => (await row(page, 'app').getAttribute('class'))?.includes('at'));
  await page.keyboard.press('Enter');
  await shows(page, ['deep', 'main.py']);
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('button', { name: 'Looked' }).click();
  await shows(page, ['app', 'a.txt', 'b.bin', 'elsewhere', 'launch.sh', 'notes 100%.md']);

  // Choosing: a range, one more, all.
  await grid(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  const bar = page.getByRole('group', { name: 'What is chosen' });
  await bar.getByText('2 chosen · 2.4 KB').waitFor();
  await row(page, 'launch.sh').locator('.f-modified').click({ modifiers: ['Control'] });
  await bar.getByText('3 chosen').waitFor();
  await page.keyboard.press('Control+a');
  await bar.getByText('6 chosen').waitFor();
  await page.keyboard.press('Escape');
  await until('nothing chosen', async () => !(await bar.isVisible()));

  // Sorted and filtered; folders stay first.
  await grid(page).getByRole('columnheader', { name: 'Size' }).getByRole('button').click();
  await shows(page, ['app', 'b.bin', 'launch.sh', 'notes 100%.md', 'a.txt', 'elsewhere']);
  await grid(page).getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('.PY');
  await page.getByText('Nothing here has “.PY” in its name.').waitFor();
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('00%');
  await shows(page, ['notes 100%.md']);
  await page.keyboard.press('Escape');

  // A download is the file.
  const coming = page.waitForEvent('download');
  await row(page, 'b.bin').getByRole('button', { name: 'b.bin', exact: true }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), 'b.bin');
  assert.equal(await hashOf(await download.path()), await hashOf(join(home, 'b.bin')));
});

stage.scene('names are changed in their place, and deleted files come back', DESK, async (visit) => {
  const { page, watch } = visit;
  const { home } = await furnished(visit, 'Changed');
  watch.expectStatus(409, '/files/rename');
  await row(page, 'a.txt').locator('.f-modified').click();
  await page.keyboard.press('F2');
  const input = page.getByRole('textbox', { name: 'New name of a.txt' });
  assert.equal(await input.evaluate((one) => /** @type {HTMLInputElement} */ (one).selectionEnd), 1, 'what kind of file it is stays');
  await input.fill('b.bin');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: "'b.bin' exists already" }).waitFor();
  await input.fill('c d.txt');
  await page.keyboard.press('Enter');
  await shows(page, ['app', 'b.bin', 'c d.txt', 'elsewhere', 'launch.sh', 'notes 100%.md']);
  assert.equal(await readFile(join(home, 'c d.txt'), 'utf8'), 'a');
  await until('the focus', () => grid(page).evaluate((one) => one === document.activeElement));

  await page.getByRole('button', { name: 'New folder' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('new');
  await page.keyboard.press('Enter');
  await shows(page, ['app', 'new', 'b.bin', 'c d.txt', 'elsewhere', 'launch.sh', 'notes 100%.md']);

  // Several at once, the new one among them, and back again.
  await row(page, 'app').locator('.pick').click();
  await row(page, 'c d.txt').locator('.pick').click();
  await until('both', async () => (await row(page, 'app').getAttribute('aria-selected')) === 'true');
  await page.keyboard.press('Delete');
  await shows(page, ['b.bin', 'elsewhere', 'launch.sh', 'notes 100%.md']);
  assert.equal(await isThere(join(home, 'app')), false);
  await toast(page, '3 things are in the trash.').getByRole('button', { name: 'Undo' }).click();
  await shows(page, ['app', 'new', 'b.bin', 'c d.txt', 'elsewhere', 'launch.sh', 'notes 100%.md']);
  assert.equal(await readFile(join(home, 'app/deep/x.py'), 'utf8'), 'x');

  // From the trash too.
  await row(page, 'b.bin').getByRole('button', { name: 'More about b.bin' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await toast(page, 'b.bin is in the trash.').waitFor();
  await page.locator('.launch').getByRole('button', { name: /^Trash/ }).click();
  const entry = page.locator('.trash-table tr').filter({ hasText: 'b.bin' });
  await entry.getByText("from the folder of 'Changed'").waitFor();
  await healthy(visit, 'trash with files');
  await entry.getByRole('button', { name: 'Put back: b.bin' }).click();
  await toast(page, 'b.bin is back').waitFor();
  assert.equal((await stat(join(home, 'b.bin'))).size, 2500);
});

stage.scene('files and folders are uploaded; where a name is taken it is asked', DESK, async (visit) => {
  const { page, watch, server, dashboard } = visit;
  watch.expectStatus(409, '/files/uploads');
  const models = join(server.folder, 'models');
  await furnish(models, { 'one.bin': 'old', 'two.bin': 'old' });
  await furnish(own, { 'one.bin': 'new 1', 'two.bin': 'new 2', 'three.bin': 'new 3', 'empty.bin': '', 'tree/a/b.bin': 'b', 'tree/c.bin': 'c' });
  await dashboard.open();
  await page.locator('.launch').getByRole('button', { name: /^Models/ }).click();
  await shows(page, ['one.bin', 'two.bin']);
  const [plain, folder] = await page.locator('.tool-panel:not([hidden]) input[type=file][multiple]').all();
  await plain.setInputFiles(['one.bin', 'two.bin', 'three.bin', 'empty.bin'].map((name) => join(own, name)));
  const dialog = page.getByRole('dialog');
  // Three go at a time: which of the two is asked about first is a matter of chance.
  await dialog.getByText(/^(one|two)\.bin exists already\.$/).waitFor();
  await healthy(visit, 'a name that is taken');
  await dialog.getByRole('radio', { name: /^Keep both/ }).check();
  await dialog.getByRole('checkbox', { name: 'Do the same for all others' }).check();
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await shows(page, ['empty.bin', 'one (2).bin', 'one.bin', 'three.bin', 'two (2).bin', 'two.bin']);
  assert.deepEqual(await Promise.all(['one.bin', 'one (2).bin', 'two (2).bin', 'three.bin'].map((name) => readFile(join(models, name), 'utf8'))), ['old', 'new 1', 'new 2', 'new 3']);
  await page.getByRole('region', { name: 'Uploads' }).getByText('4 files uploaded').waitFor();

  await plain.setInputFiles(join(own, 'one.bin'));
  await dialog.getByRole('radio', { name: /^Replace it/ }).check();
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await until('the new one', async () => (await readFile(join(models, 'one.bin'), 'utf8')) === 'new 1');
  await folder.setInputFiles(join(own, 'tree'));
  await row(page, 'tree').waitFor();
  await until('the tree', async () => (await readFile(join(models, 'tree/a/b.bin'), 'utf8')) === 'b' && (await readFile(join(models, 'tree/c.bin'), 'utf8')) === 'c');

  // Dropped: what a browser gives for it.
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['dropped'], 'dropped.txt'));
    return data;
  });
  await page.locator('.file-stage').dispatchEvent('drop', { dataTransfer: dropped });
  await row(page, 'dropped.txt').waitFor();
  await page.getByRole('region', { name: 'Uploads' }).getByRole('button', { name: 'Clear', exact: true }).click();
  await until('no queue', async () => !(await page.getByRole('region', { name: 'Uploads' }).isVisible()));
});

stage.scene('an upload goes on after a killed server, a pause and a reload', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, watch, server, dashboard } = visit;
  // While the server is away.
  watch.expect(/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_FAILED|ERR_ABORTED|ERR_INCOMPLETE/, /status 404: HEAD/);
  const size = 24 << 20;
  await furnish(own, { 'big.safetensors': randomBytes(size) });
  const wanted = await hashOf(join(own, 'big.safetensors'));
  await dashboard.open();
  await page.goto(`${server.address}/?tool=models`);
  await grid(page).waitFor();
  const network = await page.context().newCDPSession(page);
  /** @param {number} rate bytes in a second */
  const throttle = (rate) => network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate });
  await network.send('Network.enable');
  await throttle(3 << 20);
  const pick = () => page.locator('.tool-panel:not([hidden]) input[type=file][multiple]').first();
  await pick().setInputFiles(join(own, 'big.safetensors'));
  const queue = page.getByRole('region', { name: 'Uploads' });
  const bar = queue.getByRole('progressbar', { name: 'Upload of big.safetensors' });
  const reaches = (/** @type {number} */ percent) => until(`${percent} %`, async () => Number(await bar.getAttribute('aria-valuenow')) >= percent, 30_000);
  await reaches(15);
  await queue.getByText(/MB\/s/).first().waitFor();
  await healthy(visit, 'uploading');
  await server.kill();
  await queue.getByText('AiKore does not answer').waitFor();
  await server.start();
  await reaches(35);

  await queue.getByRole('button', { name: 'Pause big.safetensors' }).click();
  await queue.getByText(/· Paused/).waitFor();
  const before = Number(await bar.getAttribute('aria-valuenow'));
  await page.reload();
  await queue.getByText('had come when its page was closed').waitFor();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), queue.getByRole('button', { name: 'Choose the file big.safetensors to go on' }).click()]);
  await throttle(-1);
  await furnish(own, { 'other.bin': 'other' });
  await chooser.setFiles(join(own, 'other.bin'));
  await toast(page, 'That is another file').waitFor();
  const [again] = await Promise.all([page.waitForEvent('filechooser'), queue.getByRole('button', { name: 'Choose the file big.safetensors to go on' }).click()]);
  let sent = 0;
  page.on('request', (request) => request.method() === 'PATCH' && (sent += Number(request.headers()['content-length'] ?? 0)));
  await again.setFiles(join(own, 'big.safetensors'));
  await row(page, 'big.safetensors').waitFor({ timeout: 30_000 });
  assert.equal(await hashOf(join(server.folder, 'models/big.safetensors')), wanted, 'byte for byte');
  assert.ok(sent <= size * (1 - (before - 15) / 100), `only the rest was sent: ${sent} of ${size} after ${before} %`);
  assert.ok(!(await readdir(join(server.folder, 'models'))).some((name) => name.startsWith('.aikore-upload-')), 'no part is left');
});

stage.scene('ten thousand files are quick, and an error is said in words', DESK, async (visit) => {
  const { page, server, dashboard, watch } = visit;
  watch.expectStatus(404, '/api/models/files');
  const many = join(server.folder, 'models/many');
  await mkdir(many, { recursive: true });
  await Promise.all(Array.from({ length: 5000 }, (_, n) => writeFile(join(many, `file ${String(n).padStart(4, '0')}`), '')));
  await dashboard.open();
  await page.goto(`${server.address}/?tool=models`);
  await row(page, 'many').getByRole('button', { name: 'many', exact: true }).click();
  await row(page, 'file 0000').waitFor();
  assert.equal(await grid(page).getAttribute('aria-rowcount'), '5001');
  assert.ok((await grid(page).locator('.file-row').count()) < 120, 'only what is in sight is there');
  await grid(page).focus();
  await page.keyboard.press('End');
  await row(page, 'file 4999').waitFor();
  const took = await page.evaluate(async () => {
    const scroller = document.querySelector('.tool-panel:not([hidden]) .file-grid');
    const begun = performance.now();
    for (let step = 0; step < 20; step += 1) {
      if (scroller) scroller.scrollTop = step * 5000;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return performance.now() - begun;
  });
  assert.ok(took < 4000, `twenty jumps took ${took} ms`);
  await rm(many, { recursive: true });
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('alert').filter({ hasText: "'many' is not there" }).waitFor();
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('button', { name: 'Models' }).click();
  await until('the list again', async () => !(await names(page)).includes('many'));
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  stage.scene(`files on a phone and at a desk, ${colorScheme}`, { ...PHONE, colorScheme }, async (visit) => {
    const { page, dashboard, server } = visit;
    const name = `Small ${colorScheme}`;
    await furnished(visit, name);
    await healthy(visit, 'files');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
    await dashboard.act(row(page, 'app').getByRole('button', { name: 'app', exact: true }));
    await shows(page, ['deep', 'main.py']);
    await dashboard.act(row(page, 'main.py').getByRole('button', { name: 'More about main.py' }));
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
    await healthy(visit, 'menu of a file');
    await page.keyboard.press('Escape');

    const desk = await visit.another({ ...DESK, colorScheme });
    const { slug } = await server.instance(name);
    await desk.page.goto(`${server.address}/?tool=files&instance=${slug}`);
    await row(desk.page, 'b.bin').waitFor();
    await desk.page.keyboard.press('Tab');
    await grid(desk.page).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Shift+ArrowDown']) await desk.page.keyboard.press(key);
    await healthy(desk, 'files chosen');
  });
}
