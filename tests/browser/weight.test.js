// The first load: how much comes, how much is asked, and how soon it is of use.
// Runs alone: it measures time.
import assert from 'node:assert/strict';
import { DESK, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
const MOST = 250_000;
/** On a quiet machine; a busy one gets as much more as it takes longer over what is always the same. Best against best. */
const USABLE_WITHIN = 300;
const VISITS = 6;
/** What `pace` takes on a quiet machine, in ms, and how much busier one may be for this to say anything. */
const QUIET = 150;
const BUSY = 5;

/**
 * How long this machine takes, now, over work that never changes and is of the kind that loading is: questions to the server
 * one after the other, and computing. @param {import('./support/stage.js').Visit} visit
 */
async function pace({ page, server }) {
  const other = await page.context().newPage();
  await other.goto(`${server.address}/healthz`);
  const took = await other.evaluate(async () => {
    const begun = performance.now();
    for (let at = 0; at < 20; at += 1) await (await fetch('/healthz', { cache: 'no-store' })).text();
    let sum = 0;
    for (let at = 0; at < 4_000_000; at += 1) sum = (sum * 31 + at) % 1_000_003;
    return performance.now() - begun + (sum < 0 ? 1 : 0);
  });
  await other.close();
  return took;
}

stage.scene('the first load is small, asks once for data, and is of use at once', DESK, async (first) => {
  const { server } = first;
  await server.create('here', 'hello.sh');
  const best = { at: Infinity, pace: Infinity };
  for (const attempt of Array(VISITS).keys()) {
    const visit = attempt === 0 ? first : await first.another();
    best.pace = Math.min(best.pace, await pace(visit));
    await visit.page.addInitScript(() => {
      const usable = () => document.documentElement?.dataset.link === 'live' && document.querySelector('tr[data-id]');
      new MutationObserver((_, observer) => {
        if (!usable()) return;
        observer.disconnect();
        /** @type {any} */ (globalThis).usableAt = performance.now();
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
    /** @type {string[]} */
    const asked = [];
    visit.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await visit.dashboard.open();
    const at = await until('a row', () => visit.page.evaluate(() => /** @type {any} */ (globalThis).usableAt));
    best.at = Math.min(best.at, at);
    const data = asked.filter((path) => path.startsWith('/api/'));
    assert.equal(data[0], '/api/events', 'one request for data');
    // The graph asks for its past, the rows for the titles of their blueprints, and nobody waits for that.
    const later = await visit.page.evaluate((from) => performance.getEntriesByType('resource').filter(({ name, startTime }) => name.includes('/api/') && startTime < from).map(({ name }) => name), at);
    assert.deepEqual(later.filter((name) => !name.includes('/api/events')), [], 'nothing else before it is of use');
    assert.deepEqual(data.slice(1).filter((path) => !['/api/system/stats/history', '/api/system/blueprints'].includes(path)), []);
    const sizes = await visit.page.evaluate(() =>
      performance.getEntries().flatMap((one) => (one instanceof PerformanceResourceTiming && !one.name.includes('/api/') ? [{ name: one.name, size: one.encodedBodySize, whole: one.decodedBodySize }] : [])),
    );
    const sum = sizes.reduce((all, { size }) => all + size, 0);
    assert.ok(sum > 10_000 && sum < MOST, `${sum} bytes`);
    assert.ok(sizes.filter(({ size, whole }) => whole > 2000 && size === whole).length === 0, 'all of it is packed');
  }
  const within = USABLE_WITHIN * Math.min(BUSY, Math.max(1, best.pace / QUIET));
  const words = `usable after ${Math.round(best.at)} ms of ${Math.round(within)} (pace ${Math.round(best.pace)} ms)`;
  console.log(`  ${words}`);
  assert.ok(best.at < within, words);
});

stage.scene('a second visit loads nothing again', DESK, async ({ page, dashboard }) => {
  await dashboard.open();
  await dashboard.open();
  const fetched = await page.evaluate(() =>
    performance.getEntriesByType('resource').filter((one) => one instanceof PerformanceResourceTiming && one.name.includes('/.aikore/assets/') && one.transferSize > 0).map(({ name }) => name),
  );
  assert.deepEqual(fetched, []);
});

stage.scene('a page whose files are gone because of an update is loaded anew, once', DESK, async ({ page, dashboard, watch }) => {
  watch.expectStatus(404, '/js/main.js');
  // What is under way when a page is left.
  watch.expect(/^failed request: GET \S+\/\.aikore\/assets\/\S+ \(net::ERR_ABORTED\)$/);
  let refused = 0;
  await page.route('**/js/main.js', (route) => {
    refused += 1;
    return refused === 1 ? route.fulfill({ status: 404, json: { detail: 'This file belongs to another version.' } }) : route.continue();
  });
  await dashboard.open();
  assert.ok(refused >= 2, `${refused}`);

  // What stays missing does not turn in circles.
  let loads = 0;
  page.on('request', (request) => request.isNavigationRequest() && (loads += 1));
  await page.unroute('**/js/main.js');
  await page.route('**/js/main.js', (route) => route.fulfill({ status: 404, json: { detail: 'Gone.' } }));
  await page.evaluate(() => sessionStorage.removeItem('aikore.again'));
  await page.reload({ waitUntil: 'commit' });
  await until('it was tried once more', () => loads >= 2);
  await page.waitForLoadState('load');
  assert.equal(loads, 2);
});
