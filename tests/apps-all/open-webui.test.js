// Open WebUI (`strip`) with its real torch: everything is named from the root, answers come over a websocket.
import { after } from 'node:test';
import { everyWayIn } from '../apps/support/ways.js';
import { parrot } from './support/parrot.js';

/** @type {Awaited<ReturnType<typeof parrot>>|undefined} */
let model;
after(() => model?.close());

everyWayIn({
  name: 'Open WebUI',
  slug: 'open-webui',
  blueprint: 'open-webui.sh',
  told: false,
  sockets: [/\/ws\/socket\.io\//],
  patience: 1_800_000,
  elsewhere: [/^https:\/\//],
  races: [/Failed to load resource/],
  // torch's own index has nothing here that PyPI has not.
  env: { PYTORCH_INDEX_URL: 'https://pypi.org/simple' },
  async params() {
    model ??= await parrot();
    return { accounts: false, api: model.address, 'api-key': 'none', ollama: model.address };
  },
  async use({ page, address, below, mark }) {
    await page.goto(address);
    await page.waitForURL(below);
    const input = page.locator('#chat-input');
    await input.waitFor();
    // What is new is told at the first visit.
    await page.getByRole('button', { name: /Okay, Let's Go!/ }).click({ timeout: 3000 }).catch(() => {});
    await input.click();
    await page.keyboard.type(`A word of ${mark}`);
    await page.keyboard.press('Enter');
    await page.getByText(`You said: A word of ${mark}`).first().waitFor();
    await page.waitForURL(/\/c\/[0-9a-f-]+$/);
    const deep = page.url();
    await page.reload();
    await page.getByText(`You said: A word of ${mark}`).first().waitFor();
    await page.goto('about:blank');
    await page.goto(deep);
    await page.getByText(`You said: A word of ${mark}`).first().waitFor();
  },
});
