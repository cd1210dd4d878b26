// The newest Streamlit, an app of one's own (`preserve`): everything but the page comes over one websocket.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { until } from '../browser/support/wait.js';
import { repository } from './support/sources.js';
import { everyWayIn } from './support/ways.js';

everyWayIn({
  name: 'Streamlit',
  slug: 'streamlit',
  blueprint: 'generic-streamlit.sh',
  told: true,
  sockets: [/\/instance\/streamlit\/_stcore\/stream$/],
  params: async (server) => ({ source: await repository(server, 'streamlit') }),
  async use({ page, address, below, mark }) {
    await page.goto(address);
    assert.equal(page.url(), below);
    const main = page.getByTestId('stMain');
    await main.getByRole('heading', { name: 'Studio' }).waitFor();

    // Type, press, and see words come one after the other.
    await main.getByLabel('Your name').fill('Ada');
    await main.getByLabel('Your name').press('Enter');
    await main.getByText('Hello, Ada!').waitFor();
    for (const count of [1, 2, 3]) {
      await main.getByRole('button', { name: 'Count' }).click();
      await main.getByText(`Counted to ${count}.`).waitFor();
    }
    await main.getByRole('button', { name: 'Stream' }).click();
    const lengths = new Set();
    await until('all words', async () => {
      const words = (await main.getByText(/^word1\b/).textContent({ timeout: 1000 }))?.match(/word\d+/g)?.length ?? 0;
      lengths.add(words);
      return words === 15;
    });
    assert.ok(lengths.size >= 4, `it grew in ${lengths.size} steps`);

    // A file goes up whole, and comes back whole.
    const content = randomBytes(3_000_000);
    await main.locator('input[type=file]').setInputFiles({ name: `${mark}.bin`, mimeType: 'application/octet-stream', buffer: content });
    const sum = createHash('sha256').update(content).digest('hex');
    await main.getByText(`${mark}.bin: ${content.length} bytes, SHA-256 ${sum}`).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), main.getByRole('button', { name: 'Take it back' }).click()]);
    assert.ok((await readFile(await download.path())).equals(content), 'the same bytes');

    // A page inside the app, by its link and after a reload there.
    await page.getByTestId('stSidebar').getByRole('link', { name: 'second' }).click();
    await main.getByRole('heading', { name: 'Second page' }).waitFor();
    assert.equal(page.url(), `${below}second`);
    await page.reload();
    await main.getByRole('button', { name: 'Greet' }).click();
    await main.getByText('Hello from the second page!').waitFor();
    assert.equal(page.url(), `${below}second`);
  },
});
