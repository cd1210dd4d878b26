// The pictures of the user guide, taken while somebody does what its pages say: one server, from the setup link on.
// `make docs` writes them to docs/images; look at each of them before they are committed.
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { DRAWING, startShell, Viewer } from '../browser/support/desktop.js';
import { GitApp } from '../browser/support/git-app.js';
import { helloIsThere } from '../browser/support/hello.js';
import { PHONE, setStage } from '../browser/support/stage.js';
import { studio } from '../browser/support/studio.js';
import { until } from '../browser/support/wait.js';
import { take } from './support/album.js';
import { hills } from './support/hills.js';

const VIEW = { viewport: { width: 1280, height: 800 } };
const PASSWORD = 'a lighthouse, a teapot, a comet';
// Shells begin without anybody's own start files.
const stage = setStage({ env: { AIKORE_AUTH: 'password', HOME: tmpdir(), AIKORE_DESKTOP: 'tigervnc' } });
/** An app that has more than one version. @type {GitApp} */
let app;
before(async () => (app = await GitApp.make()));
after(() => app?.remove());

const PICTURES = ['dusk', 'meadow', 'night ride', 'dunes', 'first light', 'valley', 'blue hour', 'late summer', 'ember', 'pasture', 'midnight', 'savanna'];
/** A page that is left lets go of what it was asking for. */
const LEFT = /^failed request: .*net::ERR_ABORTED/;

stage.scene('what the guide shows', { ...VIEW, reducedMotion: 'reduce', timeout: 240_000 }, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  watch.expect(LEFT, DRAWING);
  // What a graphics card would draw nobody can read: here the document draws the terminal.
  await page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = /** @type {any} */ (
      /** @this {HTMLCanvasElement} @param {string} kind @param {any[]} rest */
      function (kind, ...rest) {
        return kind === 'webgl2' ? null : Reflect.apply(getContext, this, [kind, ...rest]);
      }
    );
  });
  const tool = (/** @type {string} */ name) => page.getByRole('tabpanel', { name });
  /** And back. */
  const maximise = () => page.getByRole('button', { name: 'Maximise the tools' }).click();

  // The first start.
  const path = await until('the setup link', () => /\/setup\?token=[\w-]{43}/.exec(server.output)?.[0]);
  await page.goto(`${server.address}${path}`);
  await page.getByRole('button', { name: 'Set the password' }).waitFor();
  await take(page, 'setup', page.locator('main'));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password' }).click();
  await dashboard.live();
  const token = await page.evaluate(async () => {
    const answer = await fetch('/api/auth/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'Night script', scopes: ['manage'] }) });
    return (await answer.json()).token;
  });
  server.headers = { Authorization: `Bearer ${token}` };

  // A first instance, by hand.
  await dashboard.openCreate();
  await take(page, 'catalogue');
  await dashboard.act(dashboard.option('JupyterLab'));
  await dashboard.field('Name').fill('Lab notebook');
  await take(page, 'create');
  await dashboard.press('Cancel');
  await dashboard.create('Hello', 'Portraits');
  await dashboard.reaches('Portraits', 'started');

  // What else is there.
  const portraits = await server.instance('Portraits');
  await server.api('POST', `instances/${portraits.id}/instantiate`, { new_name: 'Portraits, second card' });
  const voices = await server.createStarted('Voices');
  await server.api('PUT', `instances/${voices.id}`, { hostname: 'voices.lan', use_custom_hostname: true, autostart: true, access: 'public' });
  await server.create('Lab notebook', 'jupyterlab.sh');
  const { folder } = await studio(server, 'Landscapes');
  for (const number of PICTURES.keys()) await writeFile(join(folder, `${PICTURES[number]}.png`), hills(number));
  const landscapes = await server.instance('Landscapes');
  await server.writeBlueprint('captions.sh', app.script);
  const captions = await server.createStarted('Captions', 'captions.sh');
  await app.publish('2', 'echo "Downloading the model: 2.1 of 4.4 GB"; sleep 300');
  await server.api('POST', `instances/${captions.id}/update`);
  await server.reach(captions.id, 'installing');
  await server.api('PUT', 'instances/order', { ids: [], groups: { [portraits.id]: 'Pictures', [landscapes.id]: 'Pictures', [voices.id]: 'Speech and text', [captions.id]: 'Speech and text' } });

  // The table, and the log of an app that installs itself.
  await dashboard.open();
  await dashboard.reaches('Captions', 'installing');
  await dashboard.row('Captions').getByText('Installing packages').waitFor();
  await dashboard.choose('Captions', 'Log');
  await dashboard.logShows(/Downloading the model/);
  await take(page, 'dashboard');

  // The ways in, and who may.
  await dashboard.cell('Voices', 'address').getByRole('button', { name: /^Change port/ }).click();
  await page.getByLabel('Who may open it', { exact: true }).waitFor();
  await take(page, 'ways-in');
  await page.keyboard.press('Escape');

  // Several rows changed, then looked at.
  await dashboard.type('Portraits', 'name', 'Portraits in oil');
  await dashboard.choose('Voices', 'Edit');
  await dashboard.field('Output folder').fill('speech/voices');
  await dashboard.press('Save');
  await page.locator('.review-when').first().waitFor();
  await dashboard.press('Cancel');
  await dashboard.review();
  await take(page, 'review', dashboard.dialog);
  await dashboard.press('Cancel');
  await dashboard.act(page.getByRole('button', { name: 'Discard' }));
  await dashboard.open();

  // The tools of an instance.
  await dashboard.choose('Portraits', 'Terminal');
  const screen = page.locator('.terminal-pane .xterm-rows');
  const said = (/** @type {RegExp} */ words) => until(`${words} in the terminal`, async () => words.test((await screen.textContent()) ?? ''));
  await said(/Portraits/);
  await page.keyboard.type('ls\n');
  await said(/launch\.sh/);
  await page.keyboard.type('echo "$INSTANCE_NAME writes to $INSTANCE_OUTPUT_DIR"\n');
  await said(/Portraits writes to \//);
  await take(page, 'terminal', page.locator('.pane-tools'));
  await dashboard.choose('Portraits', 'Editor');
  await page.locator('.cm-content').filter({ visible: true }).waitFor();
  await maximise();
  await page.getByText('No problems').waitFor();
  await take(page, 'editor');
  await maximise();
  await dashboard.choose('Landscapes', 'Outputs');
  await maximise();
  await until('all small pictures', () => page.locator('.tile img').evaluateAll((all) => all.length === 12 && all.every((one) => /** @type {HTMLImageElement} */ (one).naturalWidth > 0)));
  await take(page, 'outputs');
  await maximise();
  await dashboard.choose('Captions', 'Environment');
  await tool('Environment of Captions').getByText('Earlier states').waitFor();
  await maximise();
  await take(page, 'environment');
  await maximise();
  const old = await server.create('Old experiment', 'hello.sh');
  await server.api('DELETE', `instances/${old.id}`, { mode: 'trash' });
  await page.locator('.launch').getByRole('button', { name: /^Trash/ }).click();
  await page.locator('.t-size').filter({ hasText: /\d+ K?B/ }).first().waitFor();
  await take(page, 'trash', page.locator('.pane-tools'));
  await page.locator('.launch').getByRole('button', { name: /^Settings/ }).click();
  await maximise();
  await page.getByRole('button', { name: 'Tokens', exact: true }).click();
  await take(page, 'settings');
  await maximise();

  // The app itself, its desktop, and a phone.
  await page.goto(`${server.address}/instance/portraits/`);
  await helloIsThere(page, 'Portraits');
  await take(page, 'app');
  const shell = await startShell(server, 'Workbench');
  const viewer = new Viewer(page, shell.folder);
  await viewer.open(shell.address);
  await page.keyboard.type('clear; echo "This screen lives on the server."; touch shown\n');
  await until('its answer', () => viewer.file('shown').then(() => true));
  // The screen is drawn a moment after.
  await new Promise((go) => setTimeout(go, 700));
  await viewer.tab.click();
  await viewer.tools.waitFor();
  await take(page, 'desktop');
  const state = await page.context().storageState();
  const phone = await visit.another({ ...PHONE, reducedMotion: 'reduce', storageState: state });
  phone.watch.expect(LEFT);
  await phone.dashboard.open();
  await phone.dashboard.reaches('Voices', 'started');
  await take(phone.page, 'phone');
});
