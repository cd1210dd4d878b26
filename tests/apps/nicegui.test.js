// The newest NiceGUI, an app of one's own (`strip`): the page is drawn by a websocket, and a press of a button is a message on it.
import { createHash, randomBytes } from 'node:crypto';
import { until } from '../browser/support/wait.js';
import { repository } from './support/sources.js';
import { everyWayIn } from './support/ways.js';

/** @typedef {import('./support/ways.js').Look['page']} Page */

/** What the server changes by itself is seen here. @param {Page} page */
async function ticks(page) {
  const times = new Set();
  await until('five times of the clock', async () => {
    const time = await page.locator('#clock').textContent({ timeout: 1000 });
    if (time) times.add(time);
    return times.size >= 5;
  });
}

everyWayIn({
  name: 'NiceGUI',
  slug: 'nicegui',
  blueprint: 'generic-python.sh',
  told: false,
  sockets: [/\/_nicegui_ws\/socket\.io\//],
  params: async (server) => ({ source: await repository(server, 'nicegui') }),
  async use({ page, address, below, mark }) {
    await page.goto(address);
    await page.getByText('Studio', { exact: true }).waitFor();
    await page.waitForURL(below);

    // Type, press, and see what the server makes of it.
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Greet' }).click();
    await page.getByText('Hello, Ada!').waitFor();
    for (const count of [1, 2, 3]) {
      await page.getByRole('button', { name: 'Count' }).click();
      await page.getByText(`Counted to ${count}.`).waitFor();
    }
    await ticks(page);

    // A file goes up whole.
    const content = randomBytes(3_000_000);
    await page.locator('input[type=file]').setInputFiles({ name: `${mark}.bin`, mimeType: 'application/octet-stream', buffer: content });
    const sum = createHash('sha256').update(content).digest('hex');
    await page.getByText(`${mark}.bin: ${content.length} bytes, SHA-256 ${sum}`).waitFor();

    // A page inside the app, by its link, after a reload there, and back.
    await page.getByRole('link', { name: 'Second page' }).click();
    for (const visit of [() => page.waitForURL(`${below}second`), () => page.reload(), () => page.goto(`${below}second`)]) {
      await visit();
      await page.getByRole('button', { name: 'Greet' }).click();
      await page.getByText('Hello from the second page!').waitFor();
      await page.waitForURL(`${below}second`);
    }
    await page.getByRole('link', { name: 'Back' }).click();
    await page.waitForURL(below);
    await ticks(page);
  },
});
