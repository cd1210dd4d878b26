// From the files of an instance into its editor.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { content } from './support/editor.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

for (const [where, screen] of /** @type {const} */ ([['desk', DESK], ['phone', PHONE]])) {
  stage.scene(`a text opens in the editor, wherever in the folder it is, ${where}`, screen, async ({ page, dashboard, server }) => {
    await server.clear();
    await server.create('Texts', 'hello.sh');
    const home = join(server.folder, 'instances', 'Texts');
    await mkdir(join(home, 'app'), { recursive: true });
    await writeFile(join(home, 'app', 'main.py'), 'print(1)');
    await writeFile(join(home, 'notes 100%.md'), 'of mine');
    await writeFile(join(home, 'weights.bin'), Buffer.alloc(2500));
    await writeFile(join(home, 'huge.json'), Buffer.alloc(3 * 1024 ** 2, 32));
    await mkdir(join(server.folder, 'models'), { recursive: true });
    await writeFile(join(server.folder, 'models', 'readme.txt'), 'a model');
    await dashboard.open();
    await dashboard.choose('Texts', 'Files');
    const row = (/** @type {string} */ name) => page.locator(`.tool-panel:not([hidden]) .file-row[data-name="${name}"]`);
    const open = (/** @type {string} */ name) => dashboard.act(row(name).getByRole('button', { name, exact: true }));
    const more = (/** @type {string} */ name) => dashboard.act(row(name).getByRole('button', { name: `More about ${name}` }));
    const edit = page.getByRole('menuitem', { name: 'Edit' });
    const back = () => dashboard.act(page.getByRole('tab', { name: 'Files of Texts' }));

    await open('app');
    await open('main.py');
    await until('the text', async () => (await content(page).textContent()) === 'print(1)');
    assert.equal(await page.getByRole('combobox', { name: 'File of Texts' }).inputValue(), 'app/main.py');
    await back();
    await dashboard.act(page.getByRole('navigation', { name: 'Folder' }).getByRole('button', { name: 'Texts' }));
    await more('notes 100%.md');
    await dashboard.act(edit);
    await until('another text', async () => (await content(page).textContent()) === 'of mine');

    // What the editor would refuse is downloaded as before, and models have no editor.
    await back();
    for (const name of ['weights.bin', 'huge.json']) {
      await more(name);
      await page.getByRole('menuitem', { name: 'Download' }).waitFor();
      assert.equal(await edit.count(), 0, name);
      await page.keyboard.press('Escape');
    }
    await dashboard.act(page.getByRole('button', { name: 'Models', exact: true }).filter({ visible: true }).first());
    await more('readme.txt');
    await page.getByRole('menuitem', { name: 'Download' }).waitFor();
    assert.equal(await edit.count(), 0);
  });
}
