// Every stable view against a picture that somebody found good, at a desk and on a phone, dark and light (one as CRT), on a
// machine without GPUs.
// UPDATE_BASELINES=1 writes the pictures anew: look at each of them before they are committed.
// Runs alone: it compares pictures of what goes on.
import assert from 'node:assert/strict';
import { differs } from './support/pictures.js';
import { Server } from './support/server.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** What is never twice the same: it keeps its place and is not painted. */
const HIDDEN = [
  '.version, .dialog-help .hint', // of this build
  '.crt-text', // the same, and a tip drawn by lot
  '.pane-monitor > :not(.pane-head), .monitor-since, .meters', // figures of this machine
  '.status-since, .page-line .muted, .t-when > *', // ages
  '.c-use .cell', // what an app takes
  '.way-port', // ports drawn by lot
  ".dialog-edit select:has(option[value^='1'])", // the same
  '.config-table td:nth-child(2) > *', // how this very server was started
];

const PAINTER = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Painter
# aikore.category = Image
# aikore.description = Paints pictures from words: samplers, upscalers, nodes and much more of what such programs have.
# aikore.gpu = optional
# aikore.disk = 1 MB
# aikore.homepage = https://example.org/painter
# aikore.license = GPL-3.0
# aikore.param.steps = int, 20, "Steps", min=1, max=150, hint="More is finer, and slower."
# aikore.param.mode = enum, fast, "Quality", options=fast|good|best
# aikore.param.low-memory = bool, false, "Spare memory", hint="Slower, but fits smaller cards."
# aikore.param.token = secret, , "Access token", required, hint="From your account. It is never shown again."
### AIKORE-METADATA-END ###
exec sleep 600
`;

/** Instances of every kind: a family, a group, a public one, one in error, one that is being made. @param {Server} server */
async function furnish(server) {
  await server.writeBlueprint('breaks.sh', 'sleep 0.2; echo "CUDA out of memory: needed 14.2 GB"; exit 7\n');
  await server.writeBlueprint('slow.sh', 'source "$AIKORE_LIB/functions.sh"; phase "Downloading the weights of the model" 2 5; sleep 600\n');
  const flux = await server.api('POST', 'instances/', { name: 'Flux studio', base_blueprint: 'painter.sh', params: { token: 'from my account' } });
  await server.api('POST', `instances/${flux.id}/instantiate`, { new_name: 'Flux on the second card' });
  const talk = await server.create('Talk', 'hello.sh');
  const broken = await server.create('A very long name that nobody can read in full', 'breaks.sh');
  const busy = await server.create('Video upscaler', 'slow.sh');
  await server.create('Notebook', 'jupyterlab.sh');
  for (const { id } of [broken, busy]) await server.api('POST', `instances/${id}/start`);
  await server.api('PUT', `instances/${talk.id}`, { hostname: 'talk.lan', use_custom_hostname: true, autostart: true, access: 'public' });
  await server.api('PUT', 'instances/order', { ids: [], groups: { [flux.id]: 'Pictures', [busy.id]: 'Pictures', [talk.id]: 'Speech' } });
  for (const name of ['Old experiment', 'Another one']) {
    const { id } = await server.create(name, 'hello.sh');
    await server.api('DELETE', `instances/${id}`, { mode: 'trash' });
  }
  await server.reach(broken.id, 'error');
  await server.reach(busy.id, 'installing');
}

for (const [size, screen] of Object.entries({ desk: DESK, phone: PHONE })) {
  stage.scene(`every view looks as it did, ${size}`, { ...screen, reducedMotion: 'reduce', timeout: 150_000 }, async (visit) => {
    const { page, dashboard, server, watch } = visit;
    /** @type {string[]} */
    const faults = [];
    /** In both looks, one after the other: all of it is colours. @param {string} name @param {readonly ('dark'|'light'|'crt')[]} [looks] */
    const compare = async (name, looks = ['dark', 'light']) => {
      for (const look of looks) {
        await page.emulateMedia({ colorScheme: look === 'light' ? 'light' : 'dark' });
        if (look === 'crt') await page.evaluate(() => (document.documentElement.dataset.theme = 'crt'));
        const fault = await differs(page, `${name}-${size}-${look}`, HIDDEN);
        if (look === 'crt') await page.evaluate(() => delete document.documentElement.dataset.theme);
        if (fault) faults.push(fault);
      }
    };
    // The titles of blueprints come a moment after the rows.
    const titled = () => dashboard.cell('Talk', 'blueprint').getByText('Hello', { exact: true }).waitFor();
    const closeTools = async () => {
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));
    };
    /** @param {string} name */
    const openTool = async (name) => {
      if (dashboard.touch && !(await page.locator('.launch').isVisible())) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
      await dashboard.act(page.locator('.launch').getByRole('button', { name: new RegExp(`^${name}`) }));
    };

    await server.clear();
    await server.api('DELETE', 'trash');
    await server.writeBlueprint('painter.sh', PAINTER);
    await dashboard.open();
    await page.locator('.card').first().waitFor();
    await compare('first-run');

    await furnish(server);
    await dashboard.open();
    await dashboard.reaches('A very long name that nobody can read in full', 'error');
    await dashboard.reaches('Video upscaler', 'installing');
    await titled();
    await compare('table', size === 'desk' ? ['dark', 'light', 'crt'] : ['dark', 'light']);

    await dashboard.act(page.locator('.strip-auth').getByRole('button', { name: 'Hide' }));
    await dashboard.menu('Flux studio');
    await compare('menu');
    await page.keyboard.press('Escape');

    await dashboard.openCreate();
    await compare('catalogue');
    await dashboard.act(dashboard.option('Painter'));
    await dashboard.field('Name').waitFor();
    await compare('create');
    await dashboard.press('Cancel');

    await dashboard.choose('Talk', 'Edit');
    await dashboard.field('Output folder').waitFor();
    await compare('edit');
    await dashboard.field('Output folder').fill('speech/talks');
    await dashboard.field('Name').fill('Talk to me');
    await dashboard.press('Save');
    await page.locator('.review-when').first().waitFor();
    await compare('review');
    await dashboard.press('Cancel');
    await compare('changes');
    await dashboard.act(page.getByRole('button', { name: 'Discard' }));
    await dashboard.open();
    await titled();
    await dashboard.act(page.locator('.strip-auth').getByRole('button', { name: 'Hide' }));

    await dashboard.choose('Flux on the second card', 'Delete');
    await until('all sizes', async () => (await dashboard.dialog.locator('.fate-size').allTextContents()).every((text) => text !== '…'));
    await compare('delete');
    await dashboard.press('Cancel');

    if (dashboard.touch) {
      await dashboard.act(page.getByRole('button', { name: 'Machine', exact: true }));
      await dashboard.act(page.getByRole('button', { name: 'Close the monitoring' }));
      await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
    } else await page.getByRole('button', { name: 'Maximise the tools' }).click();
    await compare('welcome');
    await openTool('Trash');
    await until('both sizes', async () => (await page.locator('.t-size').filter({ hasText: /\d+ K?B/ }).count()) === 2, 30_000);
    await compare('trash');
    await openTool('Settings');
    await page.locator('.licences li').first().waitFor({ state: 'attached' });
    await compare('settings');
    await closeTools();

    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'All actions' }).waitFor();
    await page.keyboard.type('tal');
    await compare('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and help' }).waitFor();
    await compare('help');
    await page.keyboard.press('Escape');

    watch.expectStatus(503);
    watch.expectStatus(502);
    for (const [slug, sign] of [
      ['talk', '.status[data-status=stopped]'],
      ['video-upscaler', '.page-progress'],
    ]) {
      await page.goto(`${server.address}/instance/${slug}/`);
      await page.locator(sign).waitFor();
      await compare(`page-${slug}`);
    }
    assert.deepEqual(faults, [], 'what looks otherwise than it did');
  });

  stage.scene(`the pages before the dashboard look as they did, ${size}`, { ...screen, reducedMotion: 'reduce' }, async ({ page, watch }) => {
    const locked = await Server.start({ env: { AIKORE_AUTH: 'password', AIKORE_PASSWORD: 'a few good words' } });
    const fresh = await Server.start({ env: { AIKORE_AUTH: 'password' } });
    /** @type {(string|null)[]} */
    const faults = [];
    try {
      watch.alsoOwn(locked.address);
      watch.alsoOwn(fresh.address);
      for (const [name, address, sign] of [
        ['login', `${locked.address}/`, 'Log in'],
        ['setup', `${fresh.address}/setup`, 'Set the password'],
      ]) {
        await page.goto(address);
        await page.getByRole('button', { name: sign }).waitFor();
        for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
          await page.emulateMedia({ colorScheme });
          faults.push(await differs(page, `${name}-${size}-${colorScheme}`, HIDDEN));
        }
      }
    } finally {
      await locked.stop();
      await fresh.stop();
    }
    assert.deepEqual(faults.filter(Boolean), [], 'what looks otherwise than it did');
  });
}
