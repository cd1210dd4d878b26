// An express server of one's own (`strip`): addresses from the root, a websocket, and a cookie that must come along.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../browser/support/wait.js';
import { repository } from './support/sources.js';
import { everyWayIn } from './support/ways.js';

/** @typedef {import('./support/ways.js').Look['page']} Page */

/** It answers, by fetch and by the websocket. @param {Page} page */
async function answers(page) {
  await page.locator('html[data-late=loaded]').waitFor();
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Greet' }).click();
  await page.getByText('Hello, Ada!').waitFor();
  await page.getByLabel('Say').fill('one two three four five');
  await page.getByRole('button', { name: 'Send' }).click();
  const lengths = new Set();
  await until('all words', async () => {
    const said = (await page.locator('#said').textContent()) ?? '';
    lengths.add(said.length);
    return said.trim() === 'one two three four five';
  });
  assert.ok(lengths.size >= 3, `it grew in ${lengths.size} steps`);
}

const { changed } = everyWayIn({
  name: 'Express',
  slug: 'express',
  blueprint: 'generic-node.sh',
  told: false,
  sockets: [/\/live$/],
  params: async (server) => ({ source: await repository(server, 'express') }),
  async use({ page, address, below }) {
    const picture = page.waitForResponse((response) => response.url().endsWith('/dot.svg') && response.ok());
    await page.goto(address);
    await page.waitForURL(below);
    assert.equal((await picture).headers()['content-type'], 'image/svg+xml');
    await answers(page);

    // A file goes up whole.
    const content = randomBytes(3_000_000);
    await page.getByLabel('A file').setInputFiles({ name: 'weights.bin', mimeType: 'application/octet-stream', buffer: content });
    await page.getByText(`${content.length} bytes, SHA-256 ${createHash('sha256').update(content).digest('hex')}`).waitFor();

    // A page inside the app: by its link, by one that leads on, from outside and after a reload there.
    for (const link of ['Second page', 'Old link']) {
      await page.getByRole('link', { name: link }).click();
      await page.getByRole('heading', { name: 'Second page' }).waitFor();
      await page.waitForURL(`${below}second`);
      await page.getByRole('link', { name: 'Back' }).click();
      await page.waitForURL(below);
    }
    for (const visit of [() => page.goto(`${below}second`), () => page.reload()]) {
      await visit();
      await page.getByRole('heading', { name: 'Second page' }).waitFor();
      await page.waitForURL(`${below}second`);
    }
    await page.getByRole('link', { name: 'Back' }).click();
    await answers(page);
  },
});

changed('a build and a command that are filled in run', { build: 'node -e "fs.writeFileSync(\'built.txt\', \'yes\')"', command: 'node server.js --port $WEBUI_PORT' }, async (page, folder) => {
  await page.getByRole('heading', { name: 'Studio' }).waitFor();
  assert.equal(await readFile(join(folder, 'app/built.txt'), 'utf8'), 'yes');
  assert.match(await readFile(join(folder, 'output.log'), 'utf8'), /Studio is ready, --port \d+/);
});
