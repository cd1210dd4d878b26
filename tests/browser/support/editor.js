// The editor in the words of its user.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./server.js').Server} Server */

/** The text that is in sight. @param {Page} page */
export const content = (page) => page.locator('.code-pane:not([hidden]) .cm-content').filter({ visible: true });
/** @param {Page} page */
export const shown = async (page) => (await content(page).locator('.cm-line').allTextContents()).join('\n');
/** @param {Page} page @param {string|RegExp} name */
export const press = (page, name) => page.getByRole('button', { name, exact: typeof name === 'string' }).filter({ visible: true }).first();
/** @param {Page} page @param {string} words */
export const strip = (page, words) => page.locator('.code-strip').filter({ hasText: words }).filter({ visible: true });
/** @param {Page} page @param {string|RegExp} words */
export const state = (page, words) => page.locator('.editor-state').filter({ visible: true }).getByText(words).waitFor();
/** @param {Server} server @param {string} name */
export const scriptOf = (server, name) => join(server.folder, 'instances', name, 'launch.sh');
/** @param {Server} server @param {string} name @param {string} text */
export async function withScript(server, name, text) {
  await server.clear();
  const data = await server.create(name, 'hello.sh');
  await mkdir(join(server.folder, 'instances', name), { recursive: true });
  await writeFile(scriptOf(server, name), text, { mode: 0o755 });
  return data;
}
/** To the end of the text, and on. @param {Page} page @param {string} words */
export async function type(page, words) {
  await content(page).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(words);
}
