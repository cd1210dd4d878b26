// The Gradio demo's page in the words of its user.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { until } from './wait.js';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} title */
export const openTab = (page, title) => page.getByRole('tab', { name: title }).click();

/** Type and submit, by Enter and by the button. @param {Page} page */
export async function greets(page) {
  const answer = page.locator('#text-answer textarea');
  await page.locator('#text-name textarea').fill('Ada Lovelace');
  await page.locator('#text-name textarea').press('Enter');
  await until('a greeting', async () => (await answer.inputValue()) === 'Hello, Ada Lovelace!');
  await page.locator('#text-name textarea').fill('Grace');
  await page.getByRole('button', { name: 'Greet' }).click();
  await until('another greeting', async () => (await answer.inputValue()) === 'Hello, Grace!');
}

/** A streamed answer arrives in pieces. @param {Page} page */
export async function chats(page) {
  await openTab(page, 'Chat');
  await page.locator('#chat-text textarea').fill('How are you?');
  await page.locator('#chat-text textarea').press('Enter');
  const bot = page.locator('#chat-log [data-testid=bot]').last();
  const lengths = new Set();
  await until('the whole answer', async () => {
    if (!(await bot.count())) return false;
    const text = (await bot.textContent()) ?? '';
    if (text.includes('You said')) lengths.add(text.trim().length);
    return /from the app to you\./.test(text);
  }, 20_000);
  const order = [...lengths];
  assert.ok(order.length >= 5, `it grew in ${order.length} steps`);
  assert.deepEqual(order, order.toSorted((a, b) => a - b), 'and only grew');
}

/** A file goes up whole. @param {Page} page @param {Buffer} content */
export async function measures(page, content) {
  await openTab(page, 'File');
  await page.locator('#file-in input[type=file]').setInputFiles({ name: 'weights.bin', mimeType: 'application/octet-stream', buffer: content });
  await page.locator('#file-in').getByText('weights').first().waitFor();
  await page.getByRole('button', { name: 'Measure' }).click();
  const sum = createHash('sha256').update(content).digest('hex');
  await until('what arrived', async () => (await page.locator('#file-out textarea').inputValue()).includes(sum));
}

/** A queued job says how far it is. @param {Page} page */
export async function queues(page) {
  await openTab(page, 'Queue');
  await page.getByLabel('number input for Seconds').fill('2');
  await page.getByLabel('number input for Seconds').press('Tab');
  await page.getByRole('button', { name: 'Start the job' }).click();
  await page.locator('#queue-out').getByText('Working').waitFor();
  await until('the result of the job', async () => /^Done after \d/.test(await page.locator('#queue-out textarea').inputValue()));
}
