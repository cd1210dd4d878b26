// The development server of the newest Vite (`strip`): modules ask for modules by paths from the root, a websocket tells
// what has changed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../browser/support/wait.js';
import { everyWayIn } from './support/ways.js';

const BLUEPRINT = new URL('./fixtures/vite.sh', import.meta.url);

/** @typedef {import('./support/ways.js').Look} Look */
/** @typedef {Look['page']} Page */

/** Every module came: by a path from the root, and by one that a module makes of its own address. @param {Page} page @param {string} title */
async function isWhole(page, title) {
  await page.getByRole('heading', { name: title }).waitFor();
  await page.locator('html[data-late=loaded]').waitFor();
}

/** What changes in the instance's folder changes in the page, and the page stays. @param {Look} look @param {string} word */
async function changesLive({ page, mark, folder }, word) {
  const greeting = page.locator('#greeting');
  await page.evaluate((kept) => Object.assign(globalThis, { kept }), mark);
  await writeFile(join(folder, 'page/src/greeting.js'), `export const greeting = 'Hello ${word} ${mark}!';\n`);
  await greeting.getByText(`Hello ${word} ${mark}!`).waitFor();
  const colour = `rgb(${mark.length}, ${word.length}, 200)`;
  await writeFile(join(folder, 'page/src/colours.css'), `#greeting { color: ${colour}; }\n`);
  await until('the new colour', async () => (await greeting.evaluate((element) => getComputedStyle(element).color)) === colour);
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'kept')), mark, 'the page was not loaded anew');
}

everyWayIn({
  name: 'Vite',
  slug: 'vite',
  blueprint: 'vite.sh',
  told: false,
  sockets: [/\/\?token=/],
  prepare: async (server) => server.writeBlueprint('vite.sh', await readFile(BLUEPRINT, 'utf8')),
  async use(look) {
    const { page, address, below } = look;
    // The picture that a style sheet names by its path from the root. A redirect to it is not ok yet.
    const picture = page.waitForResponse((response) => response.url().endsWith('/dot.svg') && response.ok());
    await page.goto(address);
    await isWhole(page, 'Studio');
    assert.equal((await picture).headers()['content-type'], 'image/svg+xml');
    await page.waitForURL(below);
    for (const count of [1, 2, 3]) {
      await page.getByRole('button', { name: 'Count' }).click();
      await page.getByText(`Counted to ${count}.`).waitFor();
    }
    await changesLive(look, 'first');
    await page.getByText('Counted to 3.').waitFor();

    // A file goes up whole.
    const content = randomBytes(3_000_000);
    await page.getByLabel('A file').setInputFiles({ name: 'weights.bin', mimeType: 'application/octet-stream', buffer: content });
    await page.getByText(`${content.length} bytes, SHA-256 ${createHash('sha256').update(content).digest('hex')}`).waitFor();

    // A page inside the app, by its link and back.
    await page.getByRole('link', { name: 'Second page' }).click();
    await page.getByRole('heading', { name: 'Second page' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Studio' }).waitFor();
    await page.getByText('Counted to 3.').waitFor();

    // The same page from outside, and after a reload there.
    for (const visit of [() => page.goto(`${below}second`), () => page.reload()]) {
      await visit();
      await isWhole(page, 'Second page');
      await page.waitForURL(`${below}second`);
    }
    await changesLive(look, 'second');
  },
});
