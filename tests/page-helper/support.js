// The fixture app as an instance.
import { fileURLToPath } from 'node:url';
import { until } from '../browser/support/wait.js';

/** @typedef {import('playwright-core').Page} Page */

const APP = fileURLToPath(new URL('fixtures/app.js', import.meta.url));
const BLUEPRINT = `### AIKORE-METADATA-START ###
# aikore.name = Rooted
# aikore.category = Test
# aikore.description = An app that takes itself to live at the root.
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.gpu = none
### AIKORE-METADATA-END ###
exec '${process.execPath}' '${APP}'
`;

/** Starts it under this name, which is its slug too. @param {import('../browser/support/server.js').Server} server @param {string} name */
export async function rooted(server, name) {
  await server.writeBlueprint('rooted.sh', BLUEPRINT);
  await server.createStarted(name, 'rooted.sh');
  return `${server.address}/instance/${name}`;
}

/** What the app has been asked for. @param {string} app @returns {Promise<string[]>} */
export const seenBy = async (app) => (await fetch(`${app}/api/seen`)).json();

/** The address as the address bar has it, once it rests. @param {Page} page @param {string} address */
export const restsAt = (page, address) => until(`the address ${address}`, () => page.url() === address);

/** What an element says. @param {Page|import('playwright-core').Frame} page @param {string} selector @param {string} text */
export const says = (page, selector, text) =>
  until(`${selector} saying "${text}"`, async () => (await page.locator(selector).textContent())?.trim() === text);
