// The pane below the table: tabs, sizes, windows of their own, and each tool.
import assert from 'node:assert/strict';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { helloIsThere } from './support/hello.js';
import { Dashboard } from './support/dashboard.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string|RegExp} name */
const tab = (page, name) => page.getByRole('tab', { name });
/** @param {Page} page @param {string} name */
const launch = (page, name) => page.locator('.launch').getByRole('button', { name: new RegExp(`^${name}`) });
/** @param {Page} page @param {string} text */
const toast = (page, text) => page.locator('.toast').filter({ hasText: text });

/** Where the edge of a pane is. @param {Page} page @param {string} selector */
const box = async (page, selector) => {
  const found = await page.locator(selector).boundingBox();
  assert.ok(found, selector);
  return found;
};

stage.scene('what is open and how large it is outlives a reload; tabs obey the keyboard', DESK, async ({ page, dashboard, server, watch }) => {
  watch.expectStatus(404, '/api/audit');
  await server.create('Reader', 'hello.sh');
  await dashboard.open();
  await dashboard.choose('Reader', 'Log');
  await launch(page, 'Trash').click();
  await page.getByText('The trash is empty').waitFor();
  await launch(page, 'Activity').click();
  assert.deepEqual(await page.getByRole('tab').allTextContents(), ['Welcome', 'Log of Reader', 'Trash', 'Activity']);

  await tab(page, 'Activity').focus();
  await page.keyboard.press('Delete');
  assert.equal(await tab(page, 'Activity').count(), 0);
  assert.equal(await tab(page, 'Trash').evaluate((one) => one === document.activeElement), true, 'the next one has the focus');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await tab(page, 'Log of Reader').getAttribute('aria-selected'), 'true');

  // Each gutter by keyboard.
  const before = await box(page, '#list');
  await page.getByRole('separator', { name: 'Size of the instances pane' }).press('ArrowUp');
  assert.ok((await box(page, '#list')).height < before.height - 10);
  const wide = await box(page, '#tools');
  await page.getByRole('separator', { name: 'Size of the tools pane' }).press('ArrowRight');
  assert.ok((await box(page, '#tools')).width > wide.width + 10);

  // The log's own zoom; another tool keeps its own.
  const larger = page.locator('.tool-head').getByRole('button', { name: 'This tool: larger' });
  for (let step = 0; step < 3; step += 1) await larger.click();
  const figure = page.locator('.tool-head .zoom-figure');
  assert.equal(await figure.textContent(), '130 %');
  await tab(page, 'Trash').click();
  assert.equal(await figure.textContent(), '100 %');
  await tab(page, 'Log of Reader').click();
  assert.equal(await page.locator('.tool-panel:not([hidden])').evaluate((panel) => getComputedStyle(panel).zoom), '1.3');

  const sizes = [await box(page, '#list'), await box(page, '#tools')];
  await page.reload();
  await dashboard.live();
  await tab(page, 'Log of Reader').waitFor();
  assert.deepEqual(await page.getByRole('tab').allTextContents(), ['Welcome', 'Log of Reader', 'Trash']);
  assert.equal(await tab(page, 'Log of Reader').getAttribute('aria-selected'), 'true');
  assert.deepEqual([await box(page, '#list'), await box(page, '#tools')], sizes);
  assert.equal(await figure.textContent(), '130 %');
  await figure.dblclick();
  assert.equal(await figure.textContent(), '100 %');
  await page.getByRole('group', { name: 'Instances: size' }).getByRole('button', { name: 'Instances: smaller' }).click();
  assert.equal(await page.locator('.scroller').evaluate((one) => getComputedStyle(one).zoom), '0.9');

  await page.getByRole('button', { name: 'Maximise the tools' }).click();
  assert.equal(await page.locator('#list').isVisible(), false);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#list').isVisible(), true);
});

stage.scene('an instance inside the dashboard follows its status', DESK, async ({ page, dashboard, server, watch, shot }) => {
  // The frame is taken away in the middle of its streams.
  watch.expect(/net::ERR_ABORTED/, /WebSocket connection to '[^']*\/ws/, /ERR_INCOMPLETE_CHUNKED_ENCODING/);
  watch.expectStatus(503, '/instance/inside/');
  await server.create('Inside', 'hello.sh');
  await dashboard.open();
  await dashboard.row('Inside').focus();
  await page.keyboard.press('v');
  const panel = page.getByRole('tabpanel', { name: 'View of Inside' });
  await panel.getByRole('heading', { name: 'Inside: stopped' }).waitFor();
  await panel.getByRole('button', { name: 'Start' }).click();
  const app = page.frameLocator('.view-frame');
  await app.getByRole('heading', { name: 'Hello from Inside' }).waitFor();
  await shot('view of an instance');

  await app.locator('body').evaluate((body) => (body.dataset.mark = 'old'));
  await panel.getByRole('button', { name: 'Reload the page of the app' }).click();
  await until('another page in the frame', async () => (await app.locator('body').getAttribute('data-mark')) === null);
  await app.getByRole('heading', { name: 'Hello from Inside' }).waitFor();

  await dashboard.choose('Inside', 'Stop');
  await panel.getByRole('heading', { name: 'Inside: stopped' }).waitFor();
  assert.equal(await page.locator('.view-frame').count(), 0, 'no dead page');
  await dashboard.choose('Inside', 'Start');
  await app.getByRole('heading', { name: 'Hello from Inside' }).waitFor();

  const opened = page.context().waitForEvent('page');
  await panel.getByRole('link', { name: 'Open in a tab of its own' }).click();
  const alone = await opened;
  await helloIsThere(alone, 'Inside');
  await alone.close();
});

stage.scene('a tool in a window of its own', DESK, async ({ page, dashboard, server, shot, watch }) => {
  const { id } = await server.createStarted('Aside');
  await dashboard.open();
  await dashboard.choose('Aside', 'Log');
  await dashboard.logShows(/ready http/);
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'In a window of its own' }).click();
  const window = await opened;
  await new Dashboard(window, server.address, false).logShows(/ready http/);
  assert.equal(new URL(window.url()).search, '?tool=logs&instance=aside');
  await until('its title', async () => (await window.title()) === 'Log of Aside – AiKore');
  assert.equal(await window.locator('#list').isVisible(), false);
  assert.equal(await window.locator('.top').isVisible(), false);
  await window.screenshot({ path: 'test-results/log-in-its-own-window.png' });
  assert.equal(await tab(page, 'Log of Aside').count(), 0, 'it has moved');
  await shot('after a tool has moved');

  await server.api('POST', `instances/${id}/stop?wait=true`);
  // The last line it said may be asked for when it is gone.
  watch.expectStatus(404, '/logs');
  await server.api('DELETE', `instances/${id}`, { mode: 'permanent' });
  await window.getByText('Aside was deleted.').waitFor();
  await window.goto(`${server.address}/?tool=view&instance=nobody`);
  await window.getByText('There is no instance “nobody”.').waitFor();
  await window.getByRole('link', { name: 'Open the dashboard' }).click();
  await window.locator('#list').waitFor();
});

for (const [where, screen] of /** @type {const} */ ([['a desk', DESK], ['a phone', PHONE]])) {
  stage.scene(`deleted, undone, found in the trash, put back, gone for good, at ${where}`, screen, async ({ page, dashboard, server, watch, shot }) => {
    await server.clear();
    await server.api('DELETE', 'trash');
    const name = screen === DESK ? 'Model' : 'Pocket';
    await server.create(name, 'hello.sh');
    await dashboard.open();
    const remove = async () => {
      await dashboard.choose(name, 'Delete');
      await dashboard.press('Move to the trash');
      await dashboard.row(name).waitFor({ state: 'detached' });
    };

    // Never started: there is no folder, and its settings come back all the same.
    await remove();
    await dashboard.act(toast(page, `${name} is in the trash.`).getByRole('button', { name: 'Undo' }));
    await dashboard.row(name).waitFor();
    await toast(page, `${name} is back.`).waitFor();

    // With something in it.
    await dashboard.act(dashboard.primary(name));
    await dashboard.reaches(name, 'started');
    await writeFile(join(server.folder, 'instances', name, 'weights.bin'), Buffer.alloc(3_000_000));
    await dashboard.choose(name, 'Stop');
    await dashboard.reaches(name, 'stopped');
    await remove();
    if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
    await dashboard.act(launch(page, 'Trash'));
    const entry = page.locator('.trash-table tbody tr');
    await until('its size', async () => /[2-9]\.\d MB/.test((await entry.textContent()) ?? ''), 30_000);
    await shot(`trash ${screen.viewport.width}`);

    // Its name was given away meanwhile: it asks for another one.
    const other = await server.create(name, 'hello.sh');
    watch.expectStatus(409, '/restore');
    await dashboard.act(page.getByRole('button', { name: `Put back: ${name}` }));
    await dashboard.fault('Name').getByText(/.+/).waitFor();
    await shot(`restore under another name ${screen.viewport.width}`);
    await dashboard.field('Name').fill(`${name} again`);
    await dashboard.press('Put back');
    await toast(page, `${name} again is back.`).waitFor();
    await access(join(server.folder, 'instances', `${name} again`, 'weights.bin'));
    await page.getByText('The trash is empty').waitFor();

    // What another browser deletes appears by itself.
    await server.api('DELETE', `instances/${other.id}`, { mode: 'trash' });
    await dashboard.act(page.getByRole('button', { name: `Delete ${name} for good` }));
    await dashboard.press('Delete for good');
    await page.getByText('The trash is empty').waitFor();
    await until('nothing on the disk', () => access(join(server.folder, 'trashcan', name)).then(() => false, () => true));

    const { id } = await server.instance(`${name} again`);
    await server.api('DELETE', `instances/${id}`, { mode: 'trash' });
    await dashboard.act(page.getByRole('button', { name: 'Empty the trash' }));
    await dashboard.press('Empty the trash');
    await page.getByText('The trash is empty').waitFor();
  });
}

stage.scene('activity: how far a copy is, an end to it, and what was said', { ...DESK, timeout: 120_000 }, async ({ page, dashboard, server, watch, shot }) => {
  watch.expectStatus(404, '/api/audit');
  const { id } = await server.createStarted('Large');
  const home = join(server.folder, 'instances', 'Large');
  for (let folder = 0; folder < 20; folder += 1) {
    await mkdir(join(home, `part-${folder}`));
    await Promise.all(Array.from({ length: 300 }, (_, file) => writeFile(join(home, `part-${folder}`, `${file}.bin`), 'some bytes')));
  }
  await writeFile(join(home, 'weights.bin'), Buffer.alloc(200_000_000, 1));
  await dashboard.open();
  await launch(page, 'Activity').click();
  await page.getByRole('heading', { name: 'Work' }).waitFor();

  // Two at once; the third waits for its turn, and is called off.
  for (const name of ['One', 'Two', 'Three']) await server.api('POST', `instances/${id}/copy`, { new_name: name });
  const job = (/** @type {string} */ name) => page.locator('.job').filter({ has: page.locator('.job-title').getByText(`Copy: ${name}`, { exact: true }) });
  await job('One').getByRole('progressbar').waitFor();
  await page.getByRole('button', { name: 'Activity, 3 at work' }).waitFor();
  await job('Three').getByText('Waiting').waitFor();
  await shot('activity at work');
  await page.getByRole('button', { name: 'Cancel Copy: Three' }).click();
  await page.locator('.job[data-state=cancelled]').waitFor();
  await dashboard.row('Three').waitFor({ state: 'detached' });
  for (const name of ['One', 'Two']) await job(name).and(page.locator('[data-state=done]')).waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.job button:visible').count(), 0, 'what is over can’t be cancelled');

  await dashboard.row('One').focus();
  await page.keyboard.press('x');
  await page.locator('.message').getByText('One: It is not running.').waitFor();
  await page.reload();
  await dashboard.live();
  await page.locator('.message').getByText('One: It is not running.').waitFor();
  await shot('activity afterwards');
  await page.getByRole('button', { name: 'Clear' }).click();
  await until('no messages', async () => (await page.locator('.messages:not(.notices) .message').count()) === 0);
});

stage.scene('the welcome screen draws only while it is seen, and holds still for those who want that', DESK, async ({ page, dashboard, another }) => {
  await dashboard.open();
  const screen = page.locator('.crt');
  await until('a moving picture', async () => (await screen.getAttribute('data-moving')) === 'true');
  const picture = (/** @type {Page} */ of) => of.locator('.crt-canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const first = await picture(page);
  await until('another picture', async () => (await picture(page)) !== first);
  await launch(page, 'Trash').click();
  assert.equal(await screen.getAttribute('data-moving'), 'false');

  const still = await another({ ...DESK, reducedMotion: 'reduce' });
  await still.dashboard.open();
  await until('a picture', async () =>
    still.page.locator('.crt-canvas').evaluate((canvas) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
      const data = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
      return data.some((value) => value > 200);
    }),
  );
  assert.equal(await still.page.locator('.crt').getAttribute('data-moving'), 'false');
  const [one, two] = [await picture(still.page), await still.page.evaluate(() => new Promise((done) => setTimeout(done, 300))).then(() => picture(still.page))];
  assert.equal(one, two, 'nothing moves');
  assert.equal(await still.page.locator('.crt-rest').textContent(), '', 'the whole tip');
});
