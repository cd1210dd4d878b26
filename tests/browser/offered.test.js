// Which versions are offered: from a package index, from what is known without one, and whatever else is typed.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { healthy } from './support/axe.js';
import { Server } from './support/server.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

/** @type {Record<string, string[]>} */
const PUBLISHED = { cu118: ['2.7.1'], cu128: ['2.9.1', '2.10.0', '2.9.0'], cu130: ['2.10.0'] };

/** An index as torch's own is laid out. */
const index = createServer((request, answer) => {
  const cu = /^\/(cu\d+)\/torch\/$/.exec(request.url ?? '')?.[1] ?? '';
  if (request.url === '/') answer.end(Object.keys(PUBLISHED).map((name) => `<a href="${name}/">${name}</a>`).join('\n'));
  else if (PUBLISHED[cu]) answer.end(PUBLISHED[cu].map((one) => `<a href="torch-${one}%2B${cu}-cp312-cp312-manylinux_2_28_x86_64.whl">torch</a>`).join('\n'));
  else answer.writeHead(404).end();
});
await new Promise((done) => index.listen(0, '127.0.0.1', () => done(null)));
const { port } = /** @type {import('node:net').AddressInfo} */ (index.address());
after(() => index.close());
const stage = setStage({ env: { AIKORE_PYTORCH_INDEX: `http://127.0.0.1:${port}` } });

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} name */
const input = (page, name) => page.getByRole('combobox', { name, exact: true });
/** What the open list offers. @param {Page} page */
const offered = (page) => page.locator('.combo-pop:popover-open .combo-option .mono').allTextContents();

stage.scene('a new instance takes what the index has, newest first, torch by the CUDA that was chosen', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  await dashboard.dialog.getByText('Versions of Python, CUDA and Torch').click();
  await input(page, 'CUDA').focus();
  await page.keyboard.press('ArrowDown');
  await until('the CUDAs of the index', async () => (await offered(page)).join() === '13.0,12.8,11.8', 20_000);
  await dashboard.dialog.getByText('From PyTorch’s package index.').waitFor();
  await healthy(visit, 'versions offered');
  // As versions are sorted, 2.10 is newer than 2.9.
  await input(page, 'Torch').focus();
  await page.keyboard.press('ArrowDown');
  assert.deepEqual(await offered(page), ['2.10.0', '2.9.1', '2.9.0', '2.7.1']);
  await page.locator('.combo-pop:popover-open').getByText('CUDA 13.0, 12.8').waitFor();
  // Escape closes the list and not the dialog.
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.combo-pop:popover-open').count(), 0);
  await input(page, 'CUDA').focus();
  await page.keyboard.press('ArrowDown');
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  assert.equal(await input(page, 'CUDA').inputValue(), '12.8');
  await dashboard.dialog.getByRole('button', { name: 'Show: Versions of PyTorch' }).click();
  assert.deepEqual(await offered(page), ['2.10.0', '2.9.1', '2.9.0']);
  await page.locator('.combo-pop:popover-open .combo-option').filter({ hasText: '2.9.1' }).click();
  assert.equal(await input(page, 'Torch').inputValue(), '2.9.1');
  await input(page, 'Torch').fill('2.7.1');
  await dashboard.dialog.getByText('No PyTorch 2.7.1 is known for CUDA 12.8.').waitFor();
  // Typing narrows it down, and what no list has is taken all the same.
  await input(page, 'Python').fill('');
  await input(page, 'Python').pressSequentially('3.1');
  assert.ok((await offered(page)).every((one) => one.startsWith('3.1')));
  await input(page, 'Python').fill('3.9.18');
  await page.keyboard.press('Tab');
  await dashboard.dialog.getByLabel('Start now').setChecked(false);
  await dashboard.press('Create');
  await dashboard.dialog.waitFor({ state: 'detached' });
  const { python_version, cuda_version, torch_version } = await server.instance('hello');
  assert.deepEqual([python_version, cuda_version, torch_version], ['3.9.18', '12.8', '2.7.1']);
});

stage.scene('the dialog of an instance and its cell offer the same; a driver that is too old is said', { viewport: { width: 1700, height: 900 } }, async ({ page, dashboard, server, shot }) => {
  await server.clear();
  await server.create('Studio', 'hello.sh');
  await server.api('PUT', `instances/${(await server.create('Other', 'hello.sh')).id}`, { python_version: '3.9' });
  // This machine has no driver to be too old.
  await page.route('**/api/builder/versions', async (route) => {
    const answer = await route.fetch();
    const known = await answer.json();
    const cuda = known.cuda.map((/** @type {{ version: string }} */ one) => ({ ...one, fits: one.version !== '13.0' }));
    await route.fulfill({ response: answer, json: { ...known, cuda, driver_cuda: '12.9' } });
  });
  await dashboard.open();
  await dashboard.cell('Studio', 'environment').click();
  await input(page, 'Python').press('ArrowDown');
  await page.locator('.combo-pop:popover-open .combo-option').filter({ hasText: /^3\.9.*used here/ }).waitFor();
  await page.keyboard.press('Escape');
  await input(page, 'CUDA').press('ArrowDown');
  await page.locator('.combo-pop:popover-open').getByText('needs a newer driver').waitFor();
  await shot('versions in a cell');
  await page.locator('.combo-pop:popover-open').getByText('13.0').click();
  await page.getByText('CUDA 13.0 needs a newer driver than this machine has (it runs up to 12.9).').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await dashboard.cell('Studio', 'environment').getByText('cuda 13.0').waitFor();
  await dashboard.choose('Studio', 'Edit');
  assert.equal(await input(page, 'CUDA').inputValue(), '13.0');
  await dashboard.dialog.getByRole('button', { name: 'Show: Versions of PyTorch' }).click();
  await until('torch for it', async () => (await offered(page)).join() === '2.10.0');
  await page.keyboard.press('Escape');
  await dashboard.press('Cancel');
});

stage.scene('without the index the list says so, and so does a server that knows of no list', PHONE, async ({ page, dashboard, watch, shot }) => {
  const alone = await Server.start({ env: { AIKORE_PYTORCH_INDEX: 'http://127.0.0.1:9' } });
  try {
    watch.alsoOwn(alone.address);
    await alone.create('Pocket', 'hello.sh');
    dashboard.address = alone.address;
    await dashboard.open();
    await dashboard.choose('Pocket', 'Edit');
    await dashboard.act(input(page, 'CUDA'));
    await dashboard.dialog.getByText('Offline list: the package index could not be asked').waitFor({ timeout: 20_000 });
    await input(page, 'CUDA').press('ArrowDown');
    assert.ok((await offered(page)).includes('12.8'));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await shot('versions on a phone');

    watch.expectStatus(404, '/api/builder/versions');
    await page.route('**/api/builder/versions', (route) => route.fulfill({ status: 404, json: { detail: 'Not found.' } }));
    await dashboard.open();
    await dashboard.choose('Pocket', 'Edit');
    await input(page, 'PyTorch').press('ArrowDown');
    await until('what was always offered', async () => (await offered(page))[0] === '2.9.1');
    await dashboard.dialog.getByText('Offline list').waitFor();
  } finally {
    await page.goto('about:blank');
    await alone.stop();
  }
});
