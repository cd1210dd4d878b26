// Desktops in the dashboard: one tick, a look at the screen in passing, the web UI beside its desktop, and links to look only.
import assert from 'node:assert/strict';
import { DRAWING, LOST, startShell, Viewer } from './support/desktop.js';
import { DESK, setStage } from './support/stage.js';
import { helloIsThere } from './support/hello.js';
import { until } from './support/wait.js';

const PASSWORD = 'a few good words';
const stage = setStage({ env: { AIKORE_AUTH: 'password', AIKORE_PASSWORD: PASSWORD } });
const WIDE = { viewport: { width: 2200, height: 900 } };

/** @typedef {import('./support/stage.js').Visit} Visit */

/** Lets the test's own calls and this browser in. @param {Visit} visit */
async function logIn({ page, dashboard, server, watch }) {
  watch.expect(DRAWING);
  const answer = await fetch(`${server.address}/api/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password: PASSWORD }) });
  server.headers = { Origin: server.address, Cookie: answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ') };
  await page.goto(`${server.address}/`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await dashboard.live();
}

stage.scene('a web UI moves into a desktop by one tick, and is there with and without it', { ...WIDE, permissions: ['clipboard-read', 'clipboard-write'], timeout: 150_000 }, async (visit) => {
  const { page, dashboard, server, shot } = visit;
  await logIn(visit);
  const { id } = await server.createStarted('Two ways');
  const tick = dashboard.cell('Two ways', 'persistent').getByRole('checkbox');
  await tick.check();
  await dashboard.review();
  await page.locator('.dialog-review').getByText(/restart/i).first().waitFor();
  await shot('review of a persistent desktop');
  await dashboard.confirmReview();
  await until('its desktop', async () => (await server.api('GET', `instances/${id}`)).desktop, 60_000);
  const { urls } = await server.reach(id, 'started', 60_000);
  assert.equal(urls.app, '/instance/two-ways/app/');

  await dashboard.choose('Two ways', 'View here');
  const panel = page.getByRole('tabpanel', { name: 'View of Two ways' });
  const frame = page.frameLocator('.view-frame');
  await frame.locator('.line-note[data-state=connected]').waitFor({ state: 'attached' });
  assert.match((await page.locator('.view-frame').getAttribute('allow')) ?? '', /fullscreen.*clipboard-read.*clipboard-write/);
  await shot('view of a desktop');
  await panel.getByRole('button', { name: 'Copy this address' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.address}/instance/two-ways/`);
  await panel.getByRole('button', { name: 'App', exact: true }).click();
  await frame.getByRole('heading', { name: 'Hello from Two ways' }).waitFor();
  await panel.getByRole('button', { name: 'Copy this address' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.address}/instance/two-ways/app/`);
  await panel.getByRole('button', { name: 'Desktop', exact: true }).click();
  await frame.locator('.line-note[data-state=connected]').waitFor({ state: 'attached' });

  // From the desktop's own page too.
  const viewer = new Viewer(page);
  await viewer.open(`${server.address}/instance/two-ways/`);
  const opened = page.context().waitForEvent('page');
  await viewer.tab.click();
  await viewer.tools.getByRole('link', { name: 'The app without its desktop' }).click();
  await helloIsThere(await opened, 'Two ways');
});

stage.scene('where nothing can draw a desktop, the tick says what is to be installed', WIDE, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.writeBlueprint('draw.sh', '### AIKORE-METADATA-START ###\n# aikore.name = Drawing\n# aikore.persistent_mode = true\n### AIKORE-METADATA-END ###\nexec sleep 600\n');
  const missing = 'There is no X server for desktops: apt-get install tigervnc-standalone-server.';
  await page.route('**/api/system/desktop', (route) => route.fulfill({ json: { engine: null, browser: null, acceleration: null, missing } }));
  await logIn(visit);
  await server.create('Undrawn', 'hello.sh');
  const cell = dashboard.cell('Undrawn', 'persistent');
  await cell.hover();
  await until('the reason', async () => (await cell.getAttribute('title')) === missing);
  assert.equal(await cell.getByRole('checkbox').isDisabled(), true);
  for (const open of [() => dashboard.choose('Undrawn', 'Edit'), async () => (await dashboard.openCreate(), dashboard.act(dashboard.option('Drawing')))]) {
    await open();
    const tick = dashboard.dialog.getByLabel('Run in a desktop on the server');
    await tick.waitFor();
    assert.deepEqual([await tick.isDisabled(), await tick.isChecked()], [true, false]);
    await dashboard.dialog.getByText(missing).waitFor();
    await dashboard.press('Cancel');
  }
});

stage.scene('a look at the screen in passing', DESK, async (visit) => {
  const { page, dashboard, server, shot } = visit;
  await logIn(visit);
  await startShell(server, 'Seen');
  await server.createStarted('Plain');
  await dashboard.reaches('Seen', 'started');
  let asked = 0;
  page.on('request', (request) => (asked += Number(/\/screen\?/.test(request.url()))));
  const picture = page.locator('.peek-picture');
  await dashboard.cell('Seen', 'status').hover();
  await picture.waitFor();
  assert.ok((await picture.evaluate((one) => /** @type {HTMLImageElement} */ (one).naturalWidth)) >= 160);
  await shot('look at a screen');
  await until('another picture', () => asked >= 2);
  await dashboard.cell('Plain', 'status').hover();
  await picture.waitFor({ state: 'detached' });
  const before = asked;
  // By keyboard, at the cell.
  await dashboard.row('Seen').focus();
  await page.keyboard.press('ArrowRight');
  await picture.waitFor();
  await page.keyboard.press('ArrowDown');
  await picture.waitFor({ state: 'detached' });
  assert.ok(asked > before);
  const tools = page.locator('.launch').getByRole('button', { name: /^Settings/ });
  await tools.click();
  await page.getByText(/^Desktops on the server: by TigerVNC/).waitFor();
});

stage.scene('a link that only lets look', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'], timeout: 90_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  await logIn(visit);
  const shell = await startShell(server, 'Watched');
  await server.api('PUT', `instances/${shell.id}`, { access: 'token' });
  await server.createStarted('Not a desktop');
  await dashboard.reaches('Watched', 'started');
  const menu = await dashboard.menu('Not a desktop');
  assert.equal(await menu.getByText('Copy view-only link').count(), 0);
  await page.keyboard.press('Escape');
  await dashboard.choose('Watched', 'Copy view-only link');
  await page.locator('.toast').filter({ hasText: 'The view-only link to Watched is copied.' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/instance\/watched\/\?aikore_token=/);

  const own = new Viewer(page, shell.folder);
  await own.open(shell.address);
  await own.awake();

  const guest = await visit.another({ permissions: [] });
  guest.watch.expect(DRAWING, LOST);
  const looking = new Viewer(guest.page, shell.folder);
  await looking.open(link);
  await guest.page.getByText('View only').waitFor();
  await guest.shot('desktop that may only be looked at');
  await looking.tab.click();
  for (const name of ['Clipboard', 'Keys']) assert.equal(await looking.tools.getByRole('button', { name }).count(), 0, name);
  assert.equal(await looking.tools.getByRole('link').count(), 0);
  await guest.page.keyboard.press('Escape');
  await looking.canvas.click({ position: { x: 500, y: 300 } });
  await guest.page.keyboard.type('touch intruder\n');

  // Not even a page that believes it may.
  await guest.page.addInitScript(() => {
    const { parse } = JSON;
    JSON.parse = (text) => {
      const told = parse(text);
      if (told !== null && typeof told === 'object' && told.view_only) told.view_only = false;
      return told;
    };
  });
  await looking.open(shell.address);
  assert.equal(await guest.page.getByText('View only').count(), 0);
  await looking.canvas.click({ position: { x: 500, y: 300 } });
  await guest.page.keyboard.type('touch intruder\n');
  assert.equal((await own.run('ls')).includes('intruder'), false);

  const tokens = await server.api('GET', 'auth/tokens');
  const { id } = tokens.find((/** @type {{ name: string }} */ { name }) => name === 'View-only link to Watched');
  await server.api('DELETE', `auth/tokens/${id}`);
});
