// The Gradios before the demo's (`strip`), which many apps are still made with, brought along as a repository of one's
// own: one page for both.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { greets } from '../../browser/support/gradio.js';
import { until } from '../../browser/support/wait.js';
import { repository } from './sources.js';
import { everyWayIn } from './ways.js';

/** @typedef {import('./ways.js').Look['page']} Page */

/** Words come one after the other. @param {Page} page */
async function streams(page) {
  await page.getByRole('button', { name: 'Stream' }).click();
  const lengths = new Set();
  await until('all words', async () => {
    const words = (await page.locator('#words').textContent())?.match(/word\d+/g)?.length ?? 0;
    lengths.add(words);
    return words === 15;
  });
  assert.ok(lengths.size >= 4, `it grew in ${lengths.size} steps`);
}

/** A file goes up whole. @param {Page} page */
async function uploads(page) {
  const content = randomBytes(3_000_000);
  const input = page.locator('#file-in input[type=file]');
  await input.setInputFiles({ name: 'weights.bin', mimeType: 'application/octet-stream', buffer: content });
  // Its name is there while it still goes up.
  await page.locator('#file-in .file-preview').getByText('weights').first().waitFor();
  await page.getByRole('button', { name: 'Measure' }).click();
  const facts = `${content.length} bytes, SHA-256 ${createHash('sha256').update(content).digest('hex')}`;
  await until('what arrived', async () => (await page.locator('#file-out textarea').inputValue()) === facts);
}

/** An image goes up, is changed, and comes back as one. @param {Page} page */
async function inverts(page) {
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 64, height: 48 } });
  await page.locator('#image-in input[type=file]').setInputFiles({ name: 'corner.png', mimeType: 'image/png', buffer: picture });
  await page.locator('#image-in img').waitFor();
  await page.getByRole('button', { name: 'Invert' }).click();
  const size = await until('the inverted image, loaded', () =>
    page.locator('#image-out img').evaluate((/** @type {HTMLImageElement} */ image) => image.complete && image.naturalWidth && [image.naturalWidth, image.naturalHeight]),
  );
  assert.deepEqual(size, [64, 48]);
}

/** @param {3|4} version @param {RegExp[]} sockets */
export function olderGradio(version, sockets) {
  return everyWayIn({
    name: `Gradio ${version}`,
    slug: `gradio-${version}`,
    blueprint: 'generic-gradio.sh',
    told: false,
    sockets,
    // Fonts, and a script for pages that are embedded in others.
    elsewhere: [/^https:\/\/fonts\.(googleapis|gstatic)\.com\//, /^https:\/\/cdnjs\.cloudflare\.com\/ajax\/libs\/iframe-resizer\//],
    // When its page is left while it asks for something, as the demo's.
    races: [/^console error: AbortError: signal is aborted without reason/],
    // Which file starts it is found out; these Gradios know no newer Python.
    params: async (server) => ({ source: await repository(server, 'gradio'), requirements: `gradio-${version}.txt`, python: '3.11' }),
    async use({ page, address, below }) {
      await page.goto(address);
      await page.waitForURL(below);
      await page.getByRole('heading', { name: 'Studio' }).waitFor();
      await greets(page);
      await streams(page);
      await uploads(page);
      await inverts(page);

      const deep = `${below}?__theme=light`;
      await page.goto(deep);
      await greets(page);
      await page.reload();
      await page.waitForURL(deep);
      await greets(page);
    },
  });
}
