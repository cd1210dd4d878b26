// JupyterLab (`preserve`): notebooks and terminals live from websockets, files go up in pieces.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../browser/support/wait.js';
import { everyWayIn } from './support/ways.js';

/** @typedef {import('./support/ways.js').Look} Look */

const LAB = '/instance/jupyterlab/lab';

/** A card of the launcher. @param {Look['page']} page @param {string} category @param {string} title */
const launch = (page, category, title) => page.locator(`.jp-LauncherCard[data-category="${category}"]`).filter({ hasText: title }).first().click();

/** A cell runs, and what it prints comes as it is printed. Gives the notebook's name. @param {Look} look */
async function runsCell({ page, mark, outputs }) {
  await launch(page, 'Notebook', 'Python 3');
  // Before it is connected, the lab silently forgets what it shall run.
  await page.getByText('Python 3 (ipykernel) | Idle').waitFor();
  const notebook = page.locator('.jp-NotebookPanel:visible');
  await notebook.locator('.cm-content').first().click();
  await page.keyboard.insertText(`import time\nfor number in range(12):\n    print('line', number * number, flush=True)\n    time.sleep(0.15)\nprint('by ' + '${mark}')`);
  await page.keyboard.press('Shift+Enter');
  const output = notebook.locator('.jp-OutputArea-output').first();
  const sizes = new Set();
  await until('the output of the cell', async () => {
    if (!(await output.count())) return false;
    const text = (await output.textContent()) ?? '';
    sizes.add(text.length);
    return text.includes('line 121') && text.includes(`by ${mark}`);
  }, 60_000);
  assert.ok(sizes.size >= 4, `it grew in ${sizes.size} steps`);

  // Saved under the name it was given. (Another one would meet a race of Jupyter's own: 404 for a folder that is listed
  // while a file in it is renamed.)
  const name = decodeURIComponent(new URL(page.url()).pathname.replace(`${LAB}/tree/`, ''));
  await page.keyboard.press('Control+S');
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  await until('the notebook, saved', async () => (await readFile(join(outputs, name), 'utf8')).includes('line 121'));
  return name;
}

/** A terminal runs a command: what is typed goes out, what it says comes back. @param {Look} look */
async function runsTerminal({ page, mark, outputs }) {
  await page.getByRole('button', { name: 'New Launcher', exact: true }).click();
  const opened = page.waitForEvent('websocket', (socket) => socket.url().includes('/terminals/websocket/'));
  await launch(page, 'Other', 'Terminal');
  // What is on the screen is painted: it is read as it comes.
  let said = '';
  (await opened).on('framereceived', ({ payload }) => (said += payload));
  const terminal = page.locator('.jp-Terminal:visible');
  await terminal.locator('.xterm-screen').click();
  await page.keyboard.type(`echo "$((6 * 7)) in $PWD" | tee ${mark}.txt`);
  await page.keyboard.press('Enter');
  const written = await until('what the command wrote', () => readFile(join(outputs, `${mark}.txt`), 'utf8'), 20_000);
  assert.equal(written.trim(), `42 in ${outputs}`);
  await until('what the command says', () => said.includes(`42 in ${outputs}`));
}

/** A file of more than one piece goes up whole. @param {Look} look */
async function uploads({ page, mark, outputs }) {
  const content = randomBytes(3_000_000);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload Files' }).click()]);
  await chooser.setFiles({ name: `${mark}.bin`, mimeType: 'application/octet-stream', buffer: content });
  await until('the whole file', async () => (await readFile(join(outputs, `${mark}.bin`))).equals(content), 30_000);
  await page.locator('.jp-DirListing-item').filter({ hasText: `${mark}.bin` }).waitFor();
}

everyWayIn({
  name: 'JupyterLab',
  slug: 'jupyterlab',
  blueprint: 'jupyterlab.sh',
  told: true,
  sockets: [/\/instance\/jupyterlab\/api\/kernels\/[^/]+\/channels/, /\/instance\/jupyterlab\/terminals\/websocket\//],
  // The tabs that were open belong to the server, not to the browser.
  fresh: (folder, { id }) => rm(join(folder, 'instances/JupyterLab/jupyter', String(id), 'workspaces'), { recursive: true, force: true }),
  async use(look) {
    const { page, address, mark, below } = look;
    await page.goto(address);
    await page.locator('.jp-Launcher').waitFor();
    assert.equal(new URL(page.url()).pathname, LAB);
    const notebook = await runsCell(look);
    await runsTerminal(look);
    await uploads(look);

    // An address inside the app, opened anew and reloaded.
    const deep = `${below}lab/tree/${notebook}`;
    for (const visit of [() => page.goto(deep), () => page.reload()]) {
      await visit();
      await page.locator('.jp-NotebookPanel:visible .jp-OutputArea-output').getByText(`by ${mark}`).waitFor();
      assert.equal(page.url(), deep);
    }
  },
});
