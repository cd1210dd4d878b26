// The Hello app's page in the words of its user.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { until } from './wait.js';

/** @param {import('playwright-core').Page} page @param {string} name of the instance */
export async function helloIsThere(page, name) {
  await page.getByRole('heading', { name: `Hello from ${name}` }).waitFor();
}

/** Both clocks tick: the websocket's and that of the server-sent events. @param {import('playwright-core').Page} page */
export async function clocksTick(page) {
  for (const id of ['ws-clock', 'sse-clock']) {
    const clock = page.locator(`#${id}`);
    const first = await until(`a time from ${id}`, async () => (await clock.textContent())?.match(/^\d\d:\d\d:\d\d$/)?.[0]);
    await until(`another time from ${id}`, async () => (await clock.textContent()) !== first);
  }
}

/** @param {import('playwright-core').Page} page @param {string} text */
export async function echoes(page, text) {
  await page.locator('#ws-state').getByText('connected').waitFor();
  await page.getByLabel(/comes back over the websocket/).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#echo-log li').getByText(`← ${text}`, { exact: true }).waitFor();
}

/** @param {import('playwright-core').Page} page @param {string} name @param {Buffer} content */
export async function uploads(page, name, content) {
  await page.locator('#file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: content });
  await page.getByRole('button', { name: 'Upload' }).click();
  const sum = createHash('sha256').update(content).digest('hex');
  await page.locator('#upload-result dd').getByText(sum).waitFor();
  const facts = await page.locator('#upload-result').textContent();
  assert.ok(facts?.includes(`${content.length} bytes`) && facts.includes(name), facts ?? 'nothing');
}

/** Writes a file to the output folder; gives its name. @param {import('playwright-core').Page} page */
export async function writesFile(page) {
  await page.getByRole('button', { name: 'Write a file' }).click();
  const name = await until('the name of the file written', async () => (await page.locator('#write-result').textContent())?.match(/^Wrote (.+)$/)?.[1]);
  await page.locator('#files td').getByText(name, { exact: true }).waitFor();
  return name;
}

/** The lines of the streamed answer come one after the other. @param {import('playwright-core').Page} page */
export async function streams(page) {
  await page.getByRole('button', { name: 'Stream ten lines' }).click();
  const lines = page.locator('#stream-lines');
  const count = async () => (await lines.textContent())?.trim().split('\n').filter(Boolean).length ?? 0;
  const early = await until('some lines and not all', async () => {
    const seen = await count();
    return seen > 0 && seen < 10 && seen;
  });
  await until('all ten lines', async () => (await count()) === 10);
  return early;
}
