// From the catalogue to a running instance, with the inputs its blueprint asks for.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

const PAINTER = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Painter
# aikore.category = Image
# aikore.description = Paints pictures from words. A long description, so that there is something to cut off: samplers, upscalers, nodes and much more of what such programs have.
# aikore.ready = process
# aikore.gpu = required
# aikore.min_vram = 12 GB
# aikore.disk = 9 GB
# aikore.homepage = https://example.org/painter
# aikore.license = GPL-3.0
# aikore.param.steps = int, 20, "Steps", min=1, max=150, hint="More is finer, and slower."
# aikore.param.mode = enum, fast, "Quality", options=fast|good|best
# aikore.param.low-memory = bool, false, "Spare memory", hint="Slower, but fits smaller cards."
# aikore.param.models = path, /models, "Models folder"
# aikore.param.token = secret, , "Access token", required, hint="From your account. It is never shown again."
### AIKORE-METADATA-END ###
env | grep '^AIKORE_PARAM_' | grep -v TOKEN | sort
echo "token of \${#AIKORE_PARAM_TOKEN} letters"
exec sleep 600
`;

/** @param {import('./support/server.js').Server} server */
async function prepare(server) {
  await server.clear();
  await server.writeBlueprint('painter.sh', PAINTER);
  await server.writeBlueprint('plain.sh', '#!/usr/bin/env bash\nexec sleep 600\n');
}

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const options of [DESK, PHONE]) {
    stage.scene(`catalogue and form look well, ${colorScheme}, ${options.viewport.width}`, { ...options, colorScheme }, async (visit) => {
      const { dashboard, server } = visit;
      await prepare(server);
      await dashboard.open();
      await dashboard.page.locator('.card').first().waitFor();
      await healthy(visit, 'first run');
      await dashboard.openCreate();
      await healthy(visit, 'catalogue');
      await dashboard.act(dashboard.option('Painter'));
      await dashboard.field('Name').waitFor();
      await healthy(visit, 'form');
      await dashboard.act(dashboard.dialog.getByText('Versions of Python, CUDA and Torch'));
      await dashboard.field('Name').fill('a/b');
      await dashboard.field('Steps').scrollIntoViewIfNeeded();
      await healthy(visit, 'form with a fault');
    });
  }
}

stage.scene('the catalogue is searched, narrowed and walked by keys', DESK, async ({ page, dashboard, server }) => {
  await prepare(server);
  await dashboard.open();
  await dashboard.openCreate();
  const titles = () => dashboard.dialog.locator('.catalogue-part:not([hidden]) .blueprint:not([hidden]) h4').allTextContents();
  assert.ok((await titles()).length >= 5);
  assert.equal(await dashboard.dialog.locator('.blueprint').filter({ hasText: 'Painter' }).getByText('Your own').count(), 1);
  assert.equal(await dashboard.dialog.getByRole('link', { name: 'Home page of Painter' }).getAttribute('href'), 'https://example.org/painter');

  const parts = () => dashboard.dialog.locator('.catalogue-part:not([hidden]) > h3').allTextContents();
  const known = ['Image', 'Video', 'Training', 'Audio', 'Text', 'Tools', 'Generic', 'Demo'];
  const there = await parts();
  assert.deepEqual(there, [...known, 'Other'].filter((name) => there.includes(name)), 'in the order people look for them');
  assert.ok(['Image', 'Tools', 'Demo', 'Other'].every((name) => there.includes(name)), there.join());
  await dashboard.dialog.getByRole('radio', { name: 'Image' }).check({ force: true });
  assert.deepEqual(await parts(), ['Image']);
  const images = await titles();
  assert.ok(images.includes('Painter') && images.length > 1);
  assert.deepEqual(images, images.toSorted((a, b) => a.localeCompare(b, undefined, { sensitivity: 'base', numeric: true })));
  await dashboard.dialog.getByRole('radio', { name: 'Your own' }).check({ force: true });
  assert.deepEqual(await titles(), ['Painter', 'plain']);
  await dashboard.dialog.getByRole('radio', { name: 'All' }).check({ force: true });

  const search = dashboard.dialog.getByLabel('Search blueprints');
  await search.fill('upscalers words');
  assert.deepEqual(await titles(), ['Painter']);
  await search.fill('nothing of the kind');
  await dashboard.dialog.getByText('No blueprint has “nothing of the kind”').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await search.inputValue(), '', 'Escape clears the search first');
  assert.equal(await dashboard.dialog.isVisible(), true);

  await page.keyboard.press('ArrowDown');
  const inFocus = () => page.evaluate(() => document.activeElement?.textContent);
  const [first, next] = await titles();
  assert.equal(await inFocus(), first);
  await page.keyboard.press('ArrowRight');
  assert.equal(await inFocus(), next);
  // Down from the last row of a category into the next, and up again.
  await page.keyboard.press('ArrowLeft');
  for (const name of ['ArrowDown', 'ArrowUp']) {
    for (let step = 0; step < 4; step += 1) await page.keyboard.press(name);
    assert.ok(name === 'ArrowUp' || (await inFocus()) !== first);
  }
  assert.equal(await inFocus(), first);
  await page.keyboard.type('samplers');
  assert.deepEqual(await titles(), ['Painter'], 'letters go on with the search');
  await page.keyboard.press('Enter');
  assert.equal(await dashboard.field('Name').inputValue(), 'painter');

  // Back again: what was typed is still there, and the focus is where it was.
  await dashboard.field('Name').fill('mine');
  await dashboard.press('All blueprints');
  assert.equal(await inFocus(), 'Painter');
  await page.keyboard.press('Enter');
  assert.equal(await dashboard.field('Name').inputValue(), 'mine');
});

stage.scene('the inputs of a blueprint: at fault at their field, then handed over, and no secret is seen again', DESK, async ({ page, dashboard, watch, server }) => {
  await prepare(server);
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Painter'));
  await dashboard.dialog.getByText('It needs a GPU, and none is visible').waitFor();

  // What can be known to be wrong is said at once, at each field.
  await dashboard.field('Steps').fill('0');
  await dashboard.press('Create and start');
  await dashboard.fault('Steps').getByText('Steps: it must be at least 1.').waitFor();
  await dashboard.fault('Access token (required)').getByText('Access token: it needs a value.').waitFor();
  assert.equal(await dashboard.field('Steps').evaluate((field) => field === document.activeElement), true, 'the first one');
  await dashboard.field('Access token (required)').fill('hunter2');
  await dashboard.field('Steps').fill('151');
  await page.keyboard.press('Tab');
  await dashboard.fault('Steps').getByText('it must be at most 150').waitFor();
  // The rest is the server's to say.
  await dashboard.field('Steps').fill('30');
  await dashboard.field('Models folder').fill('x'.repeat(70_000));
  watch.expectStatus(422, '/api/instances/');
  await dashboard.press('Create and start');
  await dashboard.fault('Models folder').getByText('it is too long').waitFor();
  await dashboard.field('Models folder').fill('');

  await dashboard.field('Steps').fill('30');
  await dashboard.field('Quality').selectOption('best');
  await dashboard.dialog.getByLabel('Spare memory').check();
  await dashboard.press('Create and start');
  await dashboard.dialog.waitFor({ state: 'detached' });

  // Its row is in sight and its log is open.
  await dashboard.reaches('painter', 'started');
  assert.equal(await dashboard.row('painter').evaluate((row) => row === document.activeElement), true);
  await dashboard.logShows(/token of 7 letters/);
  const lines = (await dashboard.logLines()).filter((line) => line.startsWith('AIKORE_PARAM_'));
  assert.deepEqual(lines, ['AIKORE_PARAM_LOW_MEMORY=true', 'AIKORE_PARAM_MODE=best', 'AIKORE_PARAM_MODELS=/models', 'AIKORE_PARAM_STEPS=30']);
  const { params } = await server.instance('painter');
  assert.deepEqual(params, { 'low-memory': true, mode: 'best', steps: 30, token: { set: true } });
  assert.ok(!(await page.content()).includes('hunter2'));
});

stage.scene('a blueprint whose header has mistakes says so, and can be used all the same', DESK, async ({ dashboard, server }) => {
  await server.clear();
  await server.writeBlueprint('odd.sh', PAINTER.replace('name = Painter', 'name = Odd').replace('= int, 20, "Steps"', '= number, 20, "Steps"'));
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.dialog.locator('.blueprint').filter({ hasText: 'Odd' }).getByText('Mistakes in its header').waitFor();
  await dashboard.act(dashboard.option('Odd'));
  await dashboard.dialog.getByText(/A line of its header is not understood: param\.steps: "number" is not one of/).waitFor();
  assert.equal(await dashboard.dialog.getByText('Steps', { exact: true }).count(), 0);
  await dashboard.field('Access token (required)').fill('hunter2');
  await dashboard.press('Create and start');
  await dashboard.reaches('odd', 'started');
});

stage.scene('settings of a running instance are changed by a restart, and a secret stays unless it is replaced', DESK, async ({ dashboard, server, shot }) => {
  await prepare(server);
  const { id } = await server.api('POST', 'instances/', { name: 'studio', base_blueprint: 'painter.sh', params: { token: 'hunter2', steps: 30 } });
  await server.api('POST', `instances/${id}/start`);
  const { run } = await server.reach(id, 'started');
  await dashboard.open();
  await dashboard.choose('studio', 'Edit');
  assert.equal(await dashboard.field('Steps').inputValue(), '30');
  assert.equal(await dashboard.field('Access token (required)').inputValue(), '');
  await dashboard.field('Steps').fill('');
  await dashboard.field('Quality').selectOption('good');
  await shot('settings of a blueprint');
  await dashboard.press('Save');
  const line = dashboard.dialog.locator('.review-line').filter({ hasText: 'Settings of the blueprint' });
  await line.getByText('restarts it').waitFor();
  await dashboard.press('Save and restart 1');
  await dashboard.dialog.waitFor({ state: 'detached' });
  await until('another run', async () => {
    const now = await server.api('GET', `instances/${id}`);
    return now.status === 'started' && now.run !== run;
  });
  assert.deepEqual((await server.instance('studio')).params, { mode: 'good', token: { set: true } });
});

stage.scene('a new one from what is there: as a satellite, and from its files', DESK, async ({ dashboard, server }) => {
  await prepare(server);
  const { id } = await server.createStarted('model');
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  await dashboard.field('Begin with').selectOption(`satellite ${id}`);
  assert.equal(await dashboard.field('Output folder').isDisabled(), true);
  await dashboard.field('Name').fill('beside');
  await dashboard.press('Create and start');
  await dashboard.reaches('beside', 'started');
  assert.equal((await server.instance('beside')).parent_instance_id, id);

  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  await dashboard.field('Begin with').selectOption(`copy ${id}`);
  await dashboard.field('Name').fill('taken over');
  await dashboard.press('Create');
  await dashboard.reaches('taken over', 'stopped', 30_000);
  const script = (/** @type {string} */ name) => readFile(join(server.folder, 'instances', name, 'launch.sh'), 'utf8');
  assert.equal(await script('taken over'), await script('model'));
});

stage.scene('what is refused or fails is said, and nothing that was typed is lost', DESK, async ({ page, dashboard, watch, server }) => {
  await prepare(server);
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  await dashboard.field('Name').fill('kept');
  await dashboard.act(dashboard.dialog.getByText('Versions of Python, CUDA and Torch'));
  await dashboard.field('Python').fill('3; rm');
  await dashboard.act(dashboard.dialog.getByText('Versions of Python, CUDA and Torch'));
  watch.expectStatus(422, '/api/instances/');
  await dashboard.press('Create and start');
  await dashboard.fault('Python').getByText(/not a version/).waitFor();
  await dashboard.field('Python').fill('');

  watch.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
  await server.kill();
  await dashboard.press('Create and start');
  await dashboard.dialog.getByText('AiKore does not answer.').waitFor();
  assert.equal(await dashboard.field('Name').inputValue(), 'kept');
  await server.start();
  await dashboard.live(20_000);
  await dashboard.press('Create and start');
  await dashboard.reaches('kept', 'started');
  await until('the log of it', () => page.getByRole('log').isVisible());
});
