// SillyTavern (`strip`), as npm has it, in a repository: everything it asks for is named from the root.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commit } from '../apps/support/sources.js';
import { everyWayIn } from '../apps/support/ways.js';

const run = promisify(execFile);
// It is a large page, and says itself when it is there.
const LOADING = 60_000;

/** @typedef {import('../apps/support/ways.js').Look} Look */

/** What npm has of it becomes a repository. @param {import('../browser/support/server.js').Server} server */
async function repository(server) {
  const sources = join(server.folder, 'sources');
  await mkdir(sources, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', 'sillytavern@1'], { cwd: sources });
  await run('tar', ['-xzf', stdout.trim()], { cwd: sources });
  return commit(join(sources, 'package'));
}

everyWayIn({
  name: 'SillyTavern',
  slug: 'sillytavern',
  blueprint: 'SillyTavern.sh',
  told: false,
  sockets: [],
  patience: 600_000,
  // It asks for models of services that nobody has set up.
  races: [/Failed to load resource: the server responded with a status of (500|404)/],
  elsewhere: [/^https:\/\//],
  params: async (server) => ({ source: await repository(server), version: 'main' }),
  async use({ page, address, below, mark }) {
    await page.goto(address);
    await page.waitForURL(below);
    await page.locator('#preloader').waitFor({ state: 'detached', timeout: LOADING });
    // The first visitor of all is asked for a name.
    const welcome = page.locator('dialog[open]').filter({ hasText: 'Persona Name' });
    await welcome.waitFor({ timeout: 10_000 }).then(
      async () => {
        await welcome.locator('textarea').last().fill('Ada');
        await welcome.getByText('Save', { exact: true }).click();
      },
      () => {},
    );

    // A character is made and talks; both are there after a reload.
    const list = page.locator('#rm_print_characters_block');
    await page.locator('#rightNavHolder .drawer-toggle').click();
    await page.locator('#rm_button_create').click();
    await page.locator('#character_name_pole').fill(`Grace ${mark}`);
    await page.locator('#description_textarea').fill('Writes compilers.');
    await page.locator('#firstmessage_textarea').fill('Hello, I am Grace.');
    await page.locator('#create_button_label').click();
    await list.getByText(`Grace ${mark}`).first().waitFor();
    await page.reload();
    await page.locator('#preloader').waitFor({ state: 'detached', timeout: LOADING });
    // The list may be hidden and its drawer be moving.
    await list.getByText(`Grace ${mark}`).first().dispatchEvent('click');
    await page.locator('.mes_text').filter({ hasText: 'Hello, I am Grace.' }).first().waitFor();
    await page.waitForURL(below);
  },
});
