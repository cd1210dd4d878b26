// What scripts ask for by root-absolute URLs reaches their own instance.
import assert from 'node:assert/strict';
import { DESK, setStage } from '../browser/support/stage.js';
import { restsAt, rooted, says, seenBy } from './support.js';

const stage = setStage();

/** @typedef {import('playwright-core').Page} Page */

/** @param {string} name */
const expected = (name) => ({
  fetch: name,
  'fetch by URL': name,
  'fetch relative': name,
  'fetch above': name,
  'fetch with body': `POST ?a=b body ${name}`,
  'fetch root': 'Router',
  XMLHttpRequest: name,
  WebSocket: `${name} /ws`,
  'WebSocket by host': `${name} /api/ws?a`,
  EventSource: name,
  Worker: name,
  SharedWorker: name,
  beacon: 'true',
  import: `inner from /instance/${name}/module.js`,
  image: '16',
  script: name,
  style: 'rgb(1, 2, 3)',
  markup: '16 /deep/page /deep/page',
  natives: 'true 1 WebSocket 1 fetch 1 true',
});

/** @param {Page} page */
async function results(page) {
  await page.locator('html[data-done]').waitFor();
  return page.evaluate(() => /** @type {any} */ (window).results);
}

/** Nothing but prefixed URLs left the page. @param {import('../browser/support/stage.js').Visit} visit */
function listens({ page, watch, server }) {
  /** @type {string[]} */
  const escaped = [];
  page.on('request', (request) => {
    // A worker's own requests have its script as Referer, which the server goes by.
    if (!new URL(request.url()).pathname.startsWith('/instance/') && request.frame()) escaped.push(request.url());
  });
  return () => {
    const sockets = watch.sockets.filter((url) => !url.startsWith(`${server.address.replace(/^http/, 'ws')}/instance/`));
    return [...escaped.filter((url) => !url.endsWith('/api/name')), ...sockets];
  };
}

stage.scene('everything a script asks for', DESK, async (visit) => {
  const { page, server } = visit;
  const app = await rooted(server, 'asks');
  const escaped = listens(visit);
  // Chromium says so of a page that a worker of it outlives.
  visit.watch.expect(/WebSocket is closed before/);
  await page.goto(`${app}/requests`);
  assert.deepEqual(await results(page), expected('asks'), 'while it starts');
  await restsAt(page, `${app}/requests`);
  await page.evaluate(() => /** @type {any} */ (window).again());
  assert.deepEqual(await results(page), expected('asks'), 'at rest');
  assert.deepEqual(escaped(), []);
  const seen = await seenBy(app);
  for (const one of ['POST /api/echo?beacon', 'GET /', 'GET /picture.svg?set', 'GET /style.css?link']) assert.ok(seen.includes(one), one);
});

stage.scene('two instances in two tabs never mix', DESK, async (visit) => {
  const { page, server } = visit;
  const apps = [await rooted(server, 'first'), await rooted(server, 'second')];
  // Both tabs ask for it at once, and get one.
  visit.watch.expect(/WebSocket is closed before/, /^failed request: \S+ \S+\/shared\.js \(net::ERR_ABORTED\)$/);
  const tabs = [page, await page.context().newPage()];
  await Promise.all(tabs.map((tab, at) => tab.goto(`${apps[at]}/requests`)));
  for (const round of [1, 2]) {
    const found = await Promise.all(tabs.map(results));
    assert.deepEqual(found, ['first', 'second'].map(expected), `round ${round}`);
    await Promise.all(tabs.map((tab) => tab.evaluate(() => void (/** @type {any} */ (window).again()))));
  }
  await Promise.all(tabs.map(results));
  // The one opened first, while the last one is what the browser's cookie names.
  await page.bringToFront();
  await page.evaluate(() => (location.href = '/deep/page'));
  await says(page, 'main', 'deep');
  await restsAt(page, `${apps[0]}/deep/page`);
});

stage.scene('a service worker stays below the prefix', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'service');
  for (const address of ['/service', '/service?root']) {
    await page.goto(app + address);
    await says(page, '#scope', '/instance/service/');
  }
  const scopes = await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname));
  assert.deepEqual(scopes, ['/instance/service/']);
});
