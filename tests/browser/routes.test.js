// The routes: every way in as the server tells it, live, searched, sorted and copied; also of a server that counts less.
import assert from 'node:assert/strict';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
/** What an older server does not tell. */
const NEW = ['ways', 'generation', 'connections', 'tunnels', 'requests', 'failures', 'active', 'bytes_in', 'bytes_out', 'last_error'];

/** @typedef {import('./support/stage.js').Visit} Visit */

/** @param {Visit} visit */
async function openRoutes({ page, dashboard }) {
  await dashboard.open();
  if (dashboard.touch) await page.evaluate(() => document.documentElement.classList.add('tools-open'));
  await dashboard.act(page.getByRole('button', { name: 'Routes', exact: true }));
  return page.locator('.routes');
}

/** @param {import('playwright-core').Locator} routes @param {string} name */
const rowOf = (routes, name) => routes.locator('tr[data-route]').filter({ hasText: name });

/** @param {import('playwright-core').Locator} row @param {string} column */
const cell = (row, column) => row.locator(`.r-${column}`);

/** @param {import('playwright-core').Locator} routes */
const names = (routes) => routes.locator('tr[data-route] .r-name').allInnerTexts();

stage.scene('every way in, what goes through it, and what went wrong last', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'], timeout: 90_000 }, async (visit) => {
  const { page, dashboard, server } = visit;
  const routes = await openRoutes(visit);
  // Nothing yet: one sentence, one button.
  await routes.getByText('There is no instance yet, and so no way in to one.').waitFor();
  await routes.getByRole('button', { name: 'New instance' }).waitFor();
  await healthy(visit, 'routes empty');

  const { id } = await server.createStarted('Studio');
  const talk = await server.create('Talk', 'hello.sh');
  await server.api('PUT', `instances/${talk.id}`, { hostname: 'talk.lan', use_custom_hostname: true });
  const told = async (/** @type {number} */ of) => (await server.api('GET', 'system/routes')).find((/** @type {any} */ one) => one.instance_id === of);
  const studio = rowOf(routes, 'Studio');
  const other = rowOf(routes, 'Talk');
  const { ways, target } = await told(id);
  await until('its ways in', async () => (await studio.locator('.route-address').count()) === ways.length);
  const hrefs = await studio.locator('.route-address').evaluateAll((all) => all.map((one) => /** @type {HTMLAnchorElement} */ (one).href));
  assert.deepEqual(hrefs, ways.map((/** @type {{ address: string }} */ { address }) => new URL(address, `${server.address}/`).href));
  assert.equal(await cell(studio, 'target').locator('.mono').innerText(), target);
  await other.getByText('talk.lan').waitFor();
  await other.getByText('Nowhere now').waitFor();

  // Live: what goes through is there within two seconds, and so is what fails.
  for (let at = 0; at < 3; at += 1) await (await fetch(`${server.address}/instance/studio/`)).text();
  const failed = await fetch(`${server.address}/instance/talk/`);
  await failed.text();
  await until('the requests', async () => (await cell(studio, 'requests').locator('span').first().innerText()) === String((await told(id)).requests));
  assert.ok((await told(id)).requests >= 3);
  await until('the failure', async () => (await cell(other, 'failures').innerText()).trim() === '1');
  assert.match(await cell(other, 'error').innerText(), /^503, \d+ s ago/);
  await cell(other, 'error').getByText("'Talk' is stopped.").waitFor();
  await cell(other, 'error').getByText(failed.headers.get('x-request-id') ?? 'an id').waitFor();
  assert.match(await cell(studio, 'traffic').innerText(), /^↓ \d+ B\s+↑ [\d.]+ [KM]?B$/);
  await healthy(visit, 'routes');

  // Copied in full, whatever is shown of it.
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await other.getByRole('button', { name: /^Copy .*talk\.lan.*, a way in to Talk$/ }).click();
  await until('the address', async () => /^http:\/\/talk\.lan(:\d+)?\/$/.test(await copied()));
  await other.getByRole('button', { name: 'Copy the request id' }).click();
  await until('the id', async () => (await copied()) === failed.headers.get('x-request-id'));

  // Searched and sorted.
  const filter = routes.getByRole('searchbox', { name: 'Filter routes' });
  await filter.fill('talk.lan');
  await until('one row', async () => (await names(routes)).join() === 'Talk');
  await filter.fill('nothing like it');
  await routes.getByText('Nothing here matches “nothing like it”.').waitFor();
  await page.keyboard.press('Escape');
  await until('all rows', async () => (await names(routes)).length === 2);
  const head = routes.getByRole('columnheader', { name: 'Failed' });
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.deepEqual(await names(routes), ['Talk', 'Studio']);
  await head.getByRole('button').click();
  assert.deepEqual(await names(routes), ['Studio', 'Talk']);
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), null);

  // From here to the row in the list.
  await other.getByRole('button', { name: 'Talk', exact: true }).click();
  await until('its row has the focus', () => dashboard.row('Talk').evaluate((row) => row === document.activeElement));

  // Nobody asks while nobody looks.
  let asked = 0;
  page.on('request', (request) => request.url().endsWith('/api/system/routes') && (asked += 1));
  await until('it is asked again', () => asked > 0);
  await page.getByRole('tab', { name: 'Welcome' }).click();
  const before = asked;
  await page.evaluate(() => new Promise((resolve) => {
    let heard = 0;
    new EventSource('api/events').addEventListener('stats', () => (heard += 1) === 4 && resolve(null));
  }));
  assert.ok(asked <= before + 1, `${asked - before} times`);

  // What is deleted is gone at once.
  await page.getByRole('tab', { name: 'Routes' }).click();
  await server.api('DELETE', `instances/${talk.id}`, { mode: 'permanent' });
  await other.waitFor({ state: 'detached' });
  await server.clear();
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  stage.scene(`on a phone each is a card, ${colorScheme}`, { ...PHONE, colorScheme }, async (visit) => {
    const { page, dashboard, server } = visit;
    const { id } = await server.createStarted('A very long name that nobody can read in full');
    const routes = await openRoutes(visit);
    await rowOf(routes, 'A very long name').waitFor();
    const [inner, outer] = await routes.locator('.sheet').evaluate((sheet) => [sheet.scrollWidth, sheet.clientWidth]);
    assert.ok(inner <= outer, `${inner} in ${outer}`);
    await healthy(visit, 'routes cards');
    await dashboard.act(rowOf(routes, 'A very long name').locator('.route-name'));
    await until('the list is there', () => page.evaluate(() => !document.documentElement.classList.contains('tools-open')));
    await server.api('POST', `instances/${id}/stop?wait=true`);
    await server.clear();
  });
}

stage.scene('what an older server does not count is a dash; one that fails is said, and what is there stays', DESK, async (visit) => {
  const { page, server, watch } = visit;
  const { port } = await server.create('Older', 'hello.sh');
  await page.route('**/api/system/routes', async (route) => {
    const answer = await route.fetch();
    const older = (await answer.json()).map((/** @type {any} */ one) => Object.fromEntries(Object.entries(one).filter(([name]) => !NEW.includes(name))));
    await route.fulfill({ json: older });
  });
  const routes = await openRoutes(visit);
  const row = rowOf(routes, 'Older');
  await row.waitFor();
  assert.deepEqual(await Promise.all(['open', 'requests', 'failures', 'error'].map((column) => cell(row, column).innerText())), ['–', '–', '–', '–']);
  assert.deepEqual(await row.locator('.route-address').allInnerTexts(), ['/instance/older/', `:${port}`]);

  watch.expectStatus(500, '/api/system/routes');
  await page.unroute('**/api/system/routes');
  await page.route('**/api/system/routes', (route) => route.fulfill({ status: 500, json: { detail: 'The table is being read.' } }));
  await routes.getByText('The routes could not be read. The table is being read.').waitFor();
  await row.waitFor();
  await page.unroute('**/api/system/routes');
  await until('it is well again', async () => (await routes.locator('.route-stale').innerText()) === '');
  await server.clear();
});
