// What an instance has made: a gallery that fills while it is watched, the big view, downloads, the trash.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, open, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { healthy } from '../support/axe.js';
import { DESK, PHONE, setStage } from '../support/stage.js';
import { studio } from '../support/studio.js';
import { until } from '../support/wait.js';

const stage = setStage();

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const tiles = (page) => page.locator('.tile');
/** @param {Page} page */
const names = (page) => tiles(page).evaluateAll((all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.path));
/** @param {Page} page @param {string[]} wanted */
const shows = (page, wanted) => until(`the tiles ${wanted}`, async () => JSON.stringify(await names(page)) === JSON.stringify(wanted));
/** @param {Page} page @param {string} name */
const tile = (page, name) => page.getByRole('option', { name: new RegExp(`^${name.replace('.', '\\.')},`) });
/** @param {Page} page @param {string} name */
const large = (page, name) => page.locator('.lightbox-name').getByText(name, { exact: true }).waitFor();

stage.scene('the gallery fills while it is watched; a picture large, its recipe, by keyboard alone', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  const { folder, make } = await studio(server, 'Atelier');
  await dashboard.open();
  await dashboard.choose('Atelier', 'Outputs');
  await page.getByText('Nothing here yet.').waitFor();
  assert.ok((await page.locator('.gallery-note').textContent())?.includes(folder), 'it says where its folder is');
  await healthy(visit, 'outputs, none yet');
  for (const [n, name] of ['one.png', 'two.png', 'three.png'].entries()) {
    await make(name, n + 1);
    await until(`${name} in front`, async () => (await names(page))[0] === name, 6000);
  }
  await until('its small picture', () => tile(page, 'three.png').locator('img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth > 0));

  await tile(page, 'three.png').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await large(page, 'two.png');
  await until('the picture itself', () => page.locator('.canvas img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth === 320));
  await page.keyboard.press('ArrowLeft');
  await large(page, 'three.png');
  await page.keyboard.press('End');
  await large(page, 'one.png');
  await page.keyboard.press('i');
  const details = page.getByRole('region', { name: 'Details' });
  await details.getByText('a lighthouse at dusk, number 1').waitFor();
  await details.getByText('blurry').waitFor();
  const facts = Object.fromEntries(await details.locator('dl').evaluateAll((lists) => lists.flatMap((list) => [...list.querySelectorAll('dt')].map((dt) => [dt.textContent, dt.nextElementSibling?.textContent]))));
  assert.equal(facts.Sampler, 'Euler a');
  assert.equal(facts.Seed, '1');
  assert.equal(facts.Model, 'dream');
  assert.equal(facts.Pixels, '320 × 200');
  await details.locator('summary').click();
  await details.getByText('"nodes"').waitFor();
  const saved = page.waitForEvent('download');
  await details.getByRole('button', { name: 'Download: workflow' }).click();
  assert.equal((await saved).suggestedFilename(), 'one-workflow.json');
  await healthy(visit, 'outputs, large with details');
  // A picture that comes meanwhile does not take the place of the one that is looked at.
  await make('four.png', 4);
  await page.locator('.lightbox-place').getByText('4 of 4').waitFor();
  await large(page, 'one.png');
  await page.locator('.canvas').focus();
  await page.keyboard.press('z');
  await page.locator('.canvas.zoomed').waitFor();
  await page.keyboard.press('Home');
  await large(page, 'four.png');
  await page.keyboard.press(' ');
  await page.keyboard.press('Escape');
  await page.locator('.lightbox').waitFor({ state: 'detached' });
  assert.equal(await tile(page, 'four.png').evaluate((one) => one === document.activeElement), true, 'the focus is where one looked');
  assert.equal(await tile(page, 'four.png').getAttribute('aria-selected'), 'true');
});

stage.scene('two of them in an archive, to the trash and back; kinds and names', DESK, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  const { folder, make, id } = await studio(server, 'Press');
  for (const [n, name] of ['a.png', 'b.png', 'c.png'].entries()) await make(name, n);
  await writeFile(join(folder, 'note.txt'), '<b>plain</b> text');
  await writeFile(join(folder, 'weights.safetensors'), Buffer.alloc(100));
  for (const [n, name] of ['a.png', 'b.png', 'c.png', 'note.txt', 'weights.safetensors'].entries()) await utimes(join(folder, name), 1_790_000_000 + n, 1_790_000_000 + n);
  await dashboard.open();
  await dashboard.choose('Press', 'Outputs');
  await shows(page, ['weights.safetensors', 'note.txt', 'c.png', 'b.png', 'a.png']);

  // What can't be shown is said, and a text is nothing but text.
  await tile(page, 'weights.safetensors').click();
  await page.getByText('No browser can show this kind of file').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('.canvas-text pre').getByText('<b>plain</b> text').waitFor();
  await page.keyboard.press('Escape');

  await tile(page, 'c.png').focus();
  await page.keyboard.press(' ');
  await page.keyboard.press('Shift+ArrowRight');
  const picked = page.getByRole('group', { name: 'Selection' });
  await picked.getByText('2 selected').waitFor();
  await healthy(visit, 'outputs, two selected');
  const coming = page.waitForEvent('download');
  await picked.getByRole('button', { name: 'Download' }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), 'press-outputs.zip');
  const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(",".join(sorted(z.namelist())))';
  const { stdout } = await promisify(execFile)('python3', ['-c', script, await download.path()]);
  assert.equal(stdout.trim(), 'b.png,c.png');

  await page.keyboard.press('Delete');
  await shows(page, ['weights.safetensors', 'note.txt', 'a.png']);
  await assert.rejects(readFile(join(folder, 'b.png')), { code: 'ENOENT' });
  await page.locator('.toast').filter({ hasText: '2 files are in the trash.' }).getByRole('button', { name: 'Undo' }).click();
  await shows(page, ['weights.safetensors', 'note.txt', 'c.png', 'b.png', 'a.png']);
  await readFile(join(folder, 'b.png'));

  // In the big view: the next one takes its place, and the undo is there.
  await tile(page, 'c.png').click();
  await page.keyboard.press('Delete');
  await large(page, 'b.png');
  await page.locator('.lightbox-note').getByRole('button', { name: 'Undo' }).click();
  await large(page, 'c.png');
  await page.keyboard.press('Escape');

  const filter = page.getByRole('combobox', { name: 'Kind' });
  await filter.selectOption('text');
  await shows(page, ['note.txt']);
  await filter.selectOption('audio');
  await page.getByText('Nothing here fits.').waitFor();
  await filter.selectOption('');
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('B.PNG');
  await shows(page, ['b.png']);
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('');
  await shows(page, ['weights.safetensors', 'note.txt', 'c.png', 'b.png', 'a.png']);

  // What vanishes while it is shown goes by itself; what can't be moved is said, and nothing is lost.
  await rm(join(folder, 'a.png'));
  await shows(page, ['weights.safetensors', 'note.txt', 'c.png', 'b.png']);
  const gone = join(folder, 'b.png');
  watch.expectStatus(404, `/api/instances/${id}/outputs/discard`);
  await page.route('**/outputs?*', (route) => route.abort());
  watch.expect(/failed request: GET .*\/outputs\?/, /console error: .*ERR_FAILED/);
  await rm(gone);
  await tile(page, 'b.png').focus();
  await page.keyboard.press('Delete');
  await page.locator('.toast-error').filter({ hasText: "'b.png' is not there" }).waitFor();
  await page.unroute('**/outputs?*');
  await shows(page, ['weights.safetensors', 'note.txt', 'c.png']);
});

stage.scene('hostile, huge, broken and forbidden things are shown as what they are', DESK, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  const { id } = await server.create('Wild', 'hello.sh');
  const folder = join(server.folder, 'outputs', 'Wild');
  await mkdir(folder, { recursive: true });
  const script = '<script>window.top.ranHere = true; document.title = "ran"</script>';
  await writeFile(join(folder, 'evil.svg'), `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="document.title='ran'"><rect width="40" height="40" fill="red"/>${script}</svg>`);
  await writeFile(join(folder, 'evil.html'), script);
  await writeFile(join(folder, 'broken.png'), 'no picture');
  await writeFile(join(folder, 'binary.txt'), Buffer.from([0, 1, 2, 3]));
  const huge = await open(join(folder, 'huge.txt'), 'w');
  await huge.truncate(6_000_000_000);
  await huge.write('the beginning\n'.repeat(6000), 0);
  await huge.close();
  await symlink('/etc/passwd', join(folder, 'escape.txt'));
  watch.expectStatus(415, `/api/instances/${id}/outputs/thumbnail`);
  await dashboard.open();
  await dashboard.choose('Wild', 'Outputs');
  await until('five tiles', async () => (await names(page)).length === 5);
  await page.getByText('1 thing is not shown').waitFor();
  await tile(page, 'evil.svg').click();
  await until('the drawing', () => page.locator('.canvas img').evaluate((img) => /** @type {HTMLImageElement} */ (img).naturalWidth === 40));
  await page.keyboard.press('Escape');
  await tile(page, 'huge.txt').click();
  await page.getByText('The first 64 KB of 5.6 GB').waitFor();
  await page.keyboard.press('Escape');
  await tile(page, 'binary.txt').click();
  await page.getByText('This is no text, whatever its name says.').waitFor();
  await page.keyboard.press('Escape');
  await tile(page, 'broken.png').click();
  await page.getByText(/No small picture of 'broken.png' can be made|can’t show it/).waitFor();
  await page.keyboard.press('Escape');

  // Opened by themselves they are documents that nothing runs in.
  const alone = await page.context().newPage();
  for (const [name, type] of [['evil.svg', 'image/svg+xml'], ['evil.html', 'text/plain']]) {
    watch.expect(/Blocked script execution/, /Content Security Policy/);
    const answer = await alone.goto(`${server.address}/api/instances/${id}/outputs/content?path=${name}`);
    assert.ok(answer?.headers()['content-type'].startsWith(type), name);
    assert.notEqual(await alone.title(), 'ran', name);
  }
  await alone.close();
  assert.equal(await page.evaluate(() => 'ranHere' in window), false);
  const escape = await fetch(`${server.address}/api/instances/${id}/outputs/content?path=escape.txt`, { headers: server.headers });
  assert.equal(escape.status, 403);
  assert.match((await escape.json()).detail, /leads out of this folder/);

  // A folder that may not be read is answered in words.
  if (process.getuid?.() !== 0) {
    await chmod(folder, 0o000);
    watch.expectStatus(403, `/api/instances/${id}/outputs`);
    await page.getByText('The outputs could not be read').waitFor();
    await chmod(folder, 0o755);
  }
});

stage.scene('many of them: pages come while one scrolls, and new ones wait', DESK, async ({ page, dashboard, server }) => {
  await server.create('Many', 'hello.sh');
  const folder = join(server.folder, 'outputs', 'Many');
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < 260; n += 1) {
    const file = join(folder, `${String(n).padStart(3, '0')}.log`);
    await writeFile(file, `line ${n}`);
    await utimes(file, 1_790_000_000 + n * 1000, 1_790_000_000 + n * 1000);
  }
  await dashboard.open();
  await dashboard.choose('Many', 'Outputs');
  await page.getByText('260 files').waitFor();
  assert.equal((await names(page))[0], '259.log');
  const scroller = page.locator('.gallery-scroll');
  await until('every page', async () => {
    await scroller.evaluate((one) => one.scrollTo(0, one.scrollHeight));
    return (await names(page)).length === 260;
  });
  assert.deepEqual(await names(page), Array.from({ length: 260 }, (_, n) => `${String(259 - n).padStart(3, '0')}.log`));
  assert.ok((await page.locator('.day-head').count()) > 2, 'days have headings');
  const place = () => scroller.evaluate((one) => one.scrollTop);
  await scroller.evaluate((one) => one.scrollTo(0, 600));
  const before = await place();
  await writeFile(join(folder, 'new.log'), 'x');
  const fresh = page.getByRole('button', { name: '1 new' });
  await fresh.waitFor();
  assert.equal(await place(), before, 'nothing moved');
  await fresh.click();
  await until('the new one in front', async () => (await names(page))[0] === 'new.log' && (await place()) === 0);
  assert.equal((await names(page)).length, 261);
  // Something far down goes: the list is whole again.
  await rm(join(folder, '005.log'));
  await until('one less', async () => !(await names(page)).includes('005.log') && (await names(page)).length === 260);
  await tiles(page).first().focus();
  await page.keyboard.press('Control+a');
  await page.getByText('260 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('End');
  assert.equal(await page.evaluate(() => /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.path), '000.log');
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  stage.scene(`on a phone, ${colorScheme}`, { ...PHONE, colorScheme }, async (visit) => {
    const { page, dashboard, server } = visit;
    const { make } = await studio(server, `Pocket ${colorScheme}`);
    for (let n = 0; n < 8; n += 1) await make(`${n}.png`, n);
    await dashboard.open();
    await dashboard.choose(`Pocket ${colorScheme}`, 'Outputs');
    await until('eight tiles', async () => (await names(page)).length === 8);
    await until('their small pictures', async () => (await page.locator('.tile img').count()) >= 8);
    await healthy(visit, 'outputs on a phone');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
    await tile(page, '7.png').tap();
    await large(page, '7.png');
    await page.getByRole('button', { name: 'Details (I)' }).tap();
    await page.getByText('a lighthouse at dusk, number 7').waitFor();
    await healthy(visit, 'outputs on a phone, large');
    await page.getByRole('button', { name: 'Close (Esc)' }).tap();
    await tile(page, '6.png').locator('.tile-tick').tap();
    await page.getByText('1 selected').waitFor();
  });
}
