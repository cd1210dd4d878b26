// What is made from an instance: a copy, a satellite, its environment anew; and deleting with what it takes.
import assert from 'node:assert/strict';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

for (const [where, screen] of /** @type {const} */ ([['a desk', DESK], ['a phone', PHONE]])) {
  stage.scene(`a copy, a satellite, a rebuild, and away with them, at ${where}`, screen, async ({ page, dashboard, server, shot, watch }) => {
    const name = screen === DESK ? 'Model' : 'Pocket';
    await dashboard.open();
    await dashboard.create('Hello', name);
    await dashboard.reaches(name, 'started');
    const home = join(server.folder, 'instances', name);
    await writeFile(join(home, 'weights.bin'), Buffer.alloc(3_000_000));

    await dashboard.choose(name, 'Copy');
    assert.equal(await dashboard.field('Name').inputValue(), `${name} copy`);
    await shot(`copy ${screen.viewport.width}`);
    watch.expectStatus(409, '/copy');
    await dashboard.field('Name').fill(name);
    await dashboard.field('Name').fill(name);
    await dashboard.press('Copy');
    await until('why not', async () => /exists|taken/.test((await dashboard.dialog.getByRole('alert').allTextContents()).join(' ')));
    await dashboard.field('Name').fill(`${name} copy`);
    await dashboard.press('Copy');
    await dashboard.dialog.waitFor({ state: 'detached' });
    await dashboard.reaches(`${name} copy`, 'stopped', 30_000);
    await access(join(server.folder, 'instances', `${name} copy`, 'weights.bin'));

    await dashboard.choose(name, 'New satellite');
    // The phone's sheet slides in.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((it) => it.effect?.getComputedTiming().iterations !== Infinity).map((it) => it.finished)));
    await shot(`satellite ${screen.viewport.width}`);
    await dashboard.press('Create');
    await dashboard.dialog.waitFor({ state: 'detached' });
    const satellite = `${name} satellite`;
    await dashboard.row(satellite).waitFor();
    await dashboard.act(dashboard.primary(satellite));
    await dashboard.reaches(satellite, 'started');
    await shot(`family ${screen.viewport.width}`);

    await dashboard.choose(satellite, 'Stop');
    await dashboard.reaches(satellite, 'stopped');
    await dashboard.choose(name, 'Rebuild');
    await shot(`rebuild ${screen.viewport.width}`);
    await dashboard.press('Rebuild');
    await dashboard.dialog.waitFor({ state: 'detached' });
    await dashboard.reaches(name, 'started');

    // Deleting says how much it is, and takes the outputs along only when that is asked for.
    const outputs = join(server.folder, 'outputs', `${name} copy`);
    await mkdir(outputs, { recursive: true });
    await writeFile(join(outputs, 'picture.png'), Buffer.alloc(2_000_000));
    await dashboard.choose(`${name} copy`, 'Delete');
    const fate = (/** @type {string} */ folder) => dashboard.dialog.getByRole('row').filter({ hasText: folder });
    await fate('instances/').getByText(/^[2-9]\.\d MB/).waitFor();
    await fate('outputs/').getByText('1.9 MB').waitFor();
    await fate('outputs/').getByText('stays').waitFor();
    await dashboard.dialog.getByLabel(/Its outputs too/).check();
    await fate('outputs/').getByText('to the trash').waitFor();
    await shot(`delete ${screen.viewport.width}`);
    await dashboard.press('Move to the trash');
    await dashboard.row(`${name} copy`).waitFor({ state: 'detached' });
    await until('both in the trash', async () => {
      const gone = await access(outputs).then(() => false, () => true);
      return gone && (await readdir(join(server.folder, 'trashcan'))).includes(`${name} copy`);
    });
    for (const rest of [satellite, name]) {
      if ((await dashboard.row(rest).getAttribute('data-status')) !== 'stopped') await dashboard.choose(rest, 'Stop');
      await dashboard.reaches(rest, 'stopped');
      await dashboard.choose(rest, 'Delete');
      await dashboard.press('Move to the trash');
      await dashboard.row(rest).waitFor({ state: 'detached' });
    }
    await page.getByText('No instances yet').waitFor();
  });
}
