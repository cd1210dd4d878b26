// One connection per browser: the pages of a browser share it, and none notices when another one that held it goes.
// Runs alone: it measures time.
import assert from 'node:assert/strict';
import { Dashboard } from './support/dashboard.js';
import { DESK, setStage } from './support/stage.js';
import { timed, until } from './support/wait.js';

const stage = setStage();
const SHOWN_WITHIN = 200;

/** @typedef {import('./support/stage.js').Visit} Visit */

/** The streams that were opened in this browser, by address. @param {Visit} visit */
function streams({ page }) {
  /** @type {string[]} */
  const opened = [];
  page.context().on('request', (request) => request.resourceType() === 'eventsource' && opened.push(request.url()));
  return opened;
}

/** How many of them are open now. @param {Visit} visit @returns {() => number} */
function openStreams({ page }) {
  /** @type {Set<import('playwright-core').Request>} */
  const open = new Set();
  const context = page.context();
  context.on('request', (request) => request.resourceType() === 'eventsource' && open.add(request));
  context.on('requestfailed', (request) => open.delete(request));
  // Of a page that is closed nothing is heard any more.
  return () => [...open].filter((request) => !request.frame().page().isClosed()).length;
}

/** Another page of the same browser. @param {Visit} visit */
async function second({ page, server }) {
  const dashboard = new Dashboard(await page.context().newPage(), server.address, false);
  await dashboard.open();
  return dashboard;
}

/** Begins to wait for a name in the list, in the page itself; gives the moment it was there. @param {Dashboard} dashboard @param {string} name */
const appears = ({ page }, name) =>
  page.evaluate(
    (wanted) => {
      const there = () => [...document.querySelectorAll('tr[data-id] .name-text')].some((one) => one.textContent === wanted);
      return new Promise((resolve) => {
        const look = () => there() && (observer.disconnect(), resolve(performance.timeOrigin + performance.now()));
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
      });
    },
    name,
  );

/** @param {Visit} visit @param {number} id @param {Dashboard[]} pages how long until each shows another name, at best of some tries */
async function delay({ server }, id, pages) {
  const best = pages.map(() => Infinity);
  for (const turn of Array(6).keys()) {
    const name = `turn ${turn} ${Math.random().toString(36).slice(2, 6)}`;
    const shown = pages.map((dashboard) => appears(dashboard, name));
    const asked = performance.timeOrigin + performance.now();
    await server.api('PUT', `instances/${id}`, { name });
    for (const [at, moment] of (await Promise.all(shown)).entries()) best[at] = Math.min(best[at], /** @type {number} */ (moment) - asked);
  }
  return best;
}

/** @param {Visit} visit @param {Dashboard} dashboard @param {number} id */
async function follows({ server }, dashboard, id) {
  const name = `seen ${Math.random().toString(36).slice(2, 8)}`;
  const shown = appears(dashboard, name);
  await server.api('PUT', `instances/${id}`, { name });
  await shown;
}

/** Never calls itself lost from now on. @param {Dashboard} dashboard */
async function neverLost({ page }) {
  await page.evaluate(() => {
    const root = document.documentElement;
    new MutationObserver(() => root.dataset.link === 'lost' && (root.dataset.wasLost = 'yes')).observe(root, { attributes: true });
  });
  return async () => assert.equal(await page.locator('html').getAttribute('data-was-lost'), null, 'it was never called lost');
}

/**
 * @param {Visit} visit a browser whose pages share as they can
 * @param {{ speakers?: number, resumed?: RegExp }} [options] `speakers`: so many may take over in the same moment, of whom one stays
 */
async function sharing(visit, { speakers = 1, resumed = /after=[0-9a-f]{12}-\d+$/ } = {}) {
  const { dashboard: one, server } = visit;
  const opened = streams(visit);
  const open = openStreams(visit);
  const { id } = await server.create(`shared ${Date.now()}`, 'hello.sh');
  await one.open();
  const two = await second(visit);
  const three = await second(visit);
  assert.equal(opened.length, 1, opened.join(' '));

  const best = await delay(visit, id, [one, two, three]);
  assert.ok(best.every((took) => took < SHOWN_WITHIN), `shown after ${best.map(Math.round).join(', ')} ms`);

  // The page that holds the connection goes: another takes over, where it was.
  const calm = await neverLost(two);
  await one.page.close();
  const took = await timed(() => until('another stream', () => opened.length >= 2));
  assert.ok(took.took < 2000, `taken over after ${Math.round(took.took)} ms`);
  assert.match(opened[1], resumed);
  await until('one stream for all', () => open() === 1);
  assert.ok(opened.length <= 1 + speakers, opened.join(' '));
  for (const dashboard of [two, three]) await follows(visit, dashboard, id);
  await calm();
  await two.page.close();
  await follows(visit, three, id);
  await until('one stream for the last', () => open() === 1);
  assert.ok(opened.length <= 2 + speakers, opened.join(' '));
}

stage.scene('pages of one browser share one stream, and hand it on when the one that holds it is closed', DESK, (visit) => sharing(visit));

stage.scene('so they do where there are no locks: plain HTTP at a LAN address', DESK, async (visit) => {
  await visit.page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  // Both that are left hear that nobody leads any more.
  await sharing(visit, { speakers: 2 });
});

/** The word that a page leads is missing though one does: two that came in the same moment. @param {Visit} visit */
async function misled(visit) {
  const { dashboard: one, server, page } = visit;
  const opened = streams(visit);
  /** @type {string[]} */
  const ended = [];
  page.context().on('requestfailed', (request) => request.resourceType() === 'eventsource' && ended.push(request.url()));
  const { id } = await server.create(`misled ${Date.now()}`, 'hello.sh');
  await one.open();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('aikore.led')).length), 1, 'the word stands while a page leads');
  await page.evaluate(() => Object.keys(localStorage).forEach((key) => key.startsWith('aikore.led') && localStorage.removeItem(key)));
  const two = await second(visit);
  assert.equal(opened.length, 2, 'it took itself for the one that leads');
  const calm = await neverLost(two);
  await until('one of the two connections was given up', () => ended.length === 1);
  for (const dashboard of [one, two]) await follows(visit, dashboard, id);
  await calm();
  assert.equal(opened.length, 2);
  // The one that follows can lead next.
  await one.page.close();
  await until('another stream', () => opened.length === 3);
  await follows(visit, two, id);
}

stage.scene('two pages that come in the same moment agree on one stream', DESK, misled);

stage.scene('so do two where there are no locks', DESK, async (visit) => {
  await visit.page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  await misled(visit);
});

stage.scene('without the means to share every page has a stream of its own', DESK, async (visit) => {
  await visit.page.context().addInitScript(() => Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined }));
  const { dashboard: one, server } = visit;
  const opened = streams(visit);
  const { id } = await server.create('own', 'hello.sh');
  await one.open();
  const two = await second(visit);
  assert.equal(opened.length, 2);
  for (const dashboard of [one, two]) await follows(visit, dashboard, id);
});

stage.scene('a frozen page gives up the connection, and knows everything when it is looked at again', DESK, async (visit) => {
  const { dashboard: one, server, page } = visit;
  const opened = streams(visit);
  const { id } = await server.create('frozen', 'hello.sh');
  await one.open();
  const two = await second(visit);
  // As the browser says it; headless Chromium freezes no page.
  await page.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await until('another stream', () => opened.length === 2);
  await follows(visit, two, id);
  await server.api('PUT', `instances/${id}`, { name: 'while it slept' });
  await page.evaluate(() => document.dispatchEvent(new Event('resume')));
  await one.row('while it slept').waitFor();
  await follows(visit, one, id);
  assert.equal(opened.length, 2, 'it follows now');
});

stage.scene('a page that hangs is relieved of the connection', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { dashboard: one, server, page } = visit;
  const opened = streams(visit);
  const { id } = await server.create('hung', 'hello.sh');
  await one.open();
  const two = await second(visit);
  // The second one has heard figures twice: from then on it knows that they come all the time.
  const figures = two.page.evaluate(() => new Promise((resolve) => {
    const channel = new BroadcastChannel(`aikore live ${new URL('.', document.baseURI).pathname}`);
    let heard = 0;
    channel.addEventListener('message', ({ data }) => data.name === 'stats' && (heard += 1) === 3 && resolve(channel.close()));
  }));
  await figures;
  const control = await page.context().newCDPSession(page);
  await control.send('Debugger.enable');
  await control.send('Debugger.pause');
  // Runs into the pause, and is answered when the page is closed.
  control.send('Runtime.evaluate', { expression: '1' }).catch(() => {});
  await until('another stream', () => opened.length === 2, 60_000);
  await follows(visit, two, id);
});

stage.scene('all pages of a browser say at once that the server is gone, and all come back by one stream', DESK, async (visit) => {
  const { dashboard: one, server, watch } = visit;
  await server.create('stays', 'hello.sh');
  await one.open();
  const two = await second(visit);
  watch.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
  await server.kill();
  const lost = await timed(() => Promise.all([one, two].map((dashboard) => dashboard.banner.waitFor())));
  assert.ok(lost.took < 2000, `said after ${Math.round(lost.took)} ms`);
  const opened = streams(visit);
  await server.start();
  for (const dashboard of [one, two]) {
    await dashboard.live(15_000);
    await dashboard.banner.waitFor({ state: 'hidden' });
    // Another run of the server: the page offers to be loaded anew.
    await dashboard.page.getByText('AiKore was started anew.').waitFor();
  }
  assert.ok(opened.every((address) => address.includes('after=')), opened.join(' '));
  const answered = one.page.waitForEvent('load');
  await one.act(one.page.locator('.strip-fresh').getByRole('button', { name: 'Reload' }));
  await answered;
  await one.live();
  assert.equal(await one.page.locator('.strip-fresh').isVisible(), false);
});
