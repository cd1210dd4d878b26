// The machine's figures: without a driver, with cards, in every look; their past; and what happens when they stop coming.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const axe = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
/** Where a driver will be, and its cards. */
const driver = mkdtempSync(join(tmpdir(), 'aik-driver-'));
after(() => rmSync(driver, { recursive: true, force: true }));
const stage = setStage({ env: { LD_LIBRARY_PATH: driver, TEST_NVML_STATE: join(driver, 'cards') } });

/** The driver is asked anew a few times a minute. */
const NOTICED = 50_000;
const CALM = 'GPU-one 25769803776 6442450944 37 61 180500 0 0';
const BUSY = 'GPU-two 25769803776 24480000000 78 84 441000 0 0';

/** @param {...string} cards a line for each */
function setCards(...cards) {
  writeFileSync(join(driver, 'cards.new'), `${cards.join('\n')}\n`);
  renameSync(join(driver, 'cards.new'), join(driver, 'cards'));
}

function installDriver() {
  const source = fileURLToPath(new URL('../integration/children/nvml.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-o', join(driver, 'draft.so'), source]);
  renameSync(join(driver, 'draft.so'), join(driver, 'libnvidia-ml.so.1'));
}

/** @param {import('playwright-core').Page} page */
const pane = (page) => page.getByRole('region', { name: 'Monitoring' });

/** Opens the dashboard with the pane in sight. @param {import('./support/stage.js').Visit} visit */
async function openPane({ page, dashboard }) {
  await dashboard.open();
  if (dashboard.touch) await page.evaluate(() => document.documentElement.classList.add('monitor-open'));
  await pane(page).locator('.graph-canvas canvas').waitFor();
  return pane(page);
}

/** @param {import('playwright-core').Locator} root @param {string} label */
const meter = (root, label) => root.getByRole('meter', { name: label, exact: true });

/** @param {import('./support/stage.js').Visit} visit @param {string} where */
async function healthy({ page, shot, look }, where) {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished.catch(() => {}))));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run('#monitor', { resultTypes: ['violations'] }));
  const bad = violations.filter((/** @type {any} */ one) => ['serious', 'critical'].includes(one.impact));
  const words = bad.flatMap((/** @type {any} */ { id, nodes }) => nodes.slice(0, 3).map((/** @type {any} */ node) => `${id}: ${node.target.join(' ')} (${node.failureSummary?.split('\n')[1]?.trim()})`));
  await shot(`${where} ${look}`);
  assert.deepEqual(words, [], where);
}

stage.scene('figures of this machine, and a sentence in place of its GPUs', DESK, async (visit) => {
  const { page, server } = visit;
  const root = await openPane(visit);
  const stats = await server.api('GET', 'system/stats');
  // A machine that tests run on may have a GPU.
  if (!stats.gpus.length) await root.getByText('No NVIDIA driver was found').waitFor();
  const percent = Number(await meter(root, 'Memory').getAttribute('aria-valuenow'));
  assert.ok(Math.abs(percent - stats.ram.percent) < 15, `${percent} shown, ${stats.ram.percent} told`);
  const words = await meter(root, 'CPU').getAttribute('aria-valuetext');
  assert.match(words ?? '', /^\d+ % of [\d.]+ cores?$/);
  assert.match((await root.locator('.gauge', { hasText: 'Disk' }).locator('.gauge-figure').textContent()) ?? '', /^[\d.]+ [KMGT]B ?free$/);
  const image = root.getByRole('img', { name: /^The last ten minutes: CPU between \d+ and \d+ %, Memory between/ });
  await image.waitFor();
  await healthy(visit, 'monitor without driver');

  // A line that is switched off stays off.
  const line = root.getByRole('button', { name: 'Memory' });
  await line.click();
  assert.equal(await line.getAttribute('aria-pressed'), 'false');
  const hour = root.getByRole('radio', { name: 'The last hour' });
  await hour.check({ force: true });
  await until('an hour on the axis', () => root.getByRole('img', { name: /^The last hour:/ }).count());
  await page.reload();
  await pane(page).locator('.graph-canvas canvas').waitFor();
  assert.equal(await line.getAttribute('aria-pressed'), 'false');
  assert.equal(await hour.isChecked(), true);
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`cards, ${colorScheme}, ${size}`, { ...options, colorScheme, timeout: 120_000 }, async (visit) => {
      setCards(CALM, BUSY);
      installDriver();
      const root = await openPane(visit);
      await root.getByRole('heading', { name: 'GPU 1' }).waitFor({ timeout: NOTICED });
      const [calm, busy] = await root.locator('.gpu').all();
      assert.equal(await meter(calm, 'VRAM').getAttribute('aria-valuetext'), '6.0 / 24 GB');
      assert.deepEqual(await calm.locator('.gpu-fact').allTextContents(), ['61 °C', '181 / 450 W']);
      assert.deepEqual(await busy.locator('.gauge').evaluateAll((all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.level)), ['busy', 'bad']);
      assert.equal(await busy.locator('.gpu-fact').first().getAttribute('data-level'), 'busy');
      await root.getByText('Driver 570.86.15, CUDA up to 12.8').waitFor();
      // The card is there as a whole: chips of the list are called so too.
      assert.ok(((await busy.boundingBox())?.height ?? 0) > 60);
      await until('a line for each card', async () => (await root.getByRole('button', { name: /^(GPU|VRAM) \d/ }).count()) === 4);
      await healthy(visit, 'monitor cards');
      // Nothing is wider than the pane.
      const [inner, outer] = await root.locator('.monitor-body').evaluate((body) => [body.scrollWidth, body.clientWidth]);
      assert.ok(inner <= outer, `${inner} in ${outer}`);
    });
  }
}

stage.scene('a card that vanishes is named; a server that does not answer leaves grey figures', { ...DESK, timeout: 150_000 }, async (visit) => {
  const { page, server, watch } = visit;
  setCards(CALM, BUSY);
  installDriver();
  const root = await openPane(visit);
  await root.getByRole('heading', { name: 'GPU 1' }).waitFor({ timeout: NOTICED });
  setCards(CALM, 'GPU-two 0 0 0 0 0 0 0');
  await root.getByText('GPU 1 (NVIDIA Test 2) has vanished: it has fallen off its bus.').waitFor({ timeout: NOTICED });
  assert.equal(await root.locator('.gpu').count(), 1);
  await healthy(visit, 'monitor vanished card');
  setCards(CALM, BUSY);
  await root.getByRole('heading', { name: 'GPU 1' }).waitFor({ timeout: NOTICED });
  await until('no complaint', async () => !(await root.locator('.monitor-note').isVisible()));

  watch.expect(/^failed request: .*api\/(events|auth\/session)/, /^console error: .*(ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING)/);
  await server.kill();
  await root.getByText(/^No connection: figures of \d/).waitFor();
  const ink = await root.locator('.gpu-fact').first().evaluate((one) => getComputedStyle(one).color);
  const muted = await root.locator('.gauge-label').first().evaluate((one) => getComputedStyle(one).color);
  assert.equal(ink, muted);
  await healthy(visit, 'monitor lost');
  await server.start();
  await page.locator('html[data-link=live]').waitFor({ timeout: 30_000 });
  await until('no word of it', async () => (await root.locator('.monitor-since').textContent()) === '');
});

// After that one: a card that has been here once is missed when it is gone.
for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`who is on a card, its parts, and what instances take, ${colorScheme}, ${size}`, { ...options, colorScheme, timeout: 150_000 }, async (visit) => {
      const { page, server } = visit;
      const { id, pid } = await server.createStarted('Studio');
      setCards(`GPU-one 25769803776 6442450944 37 61 180500 ${pid} 2147483648`, `GPU-parted 85899345920 1073741824 5 40 90000 ${process.pid} 536870912`);
      installDriver();
      const root = await openPane(visit);
      await root.getByRole('heading', { name: 'GPU 1' }).waitFor({ timeout: NOTICED });
      const [whole, parted] = await root.locator('.gpu').all();

      // Folded away, and opened by keyboard.
      const programs = whole.getByText('1 program', { exact: true });
      await programs.waitFor({ timeout: NOTICED });
      assert.equal(await whole.locator('.gpu-program').isVisible(), false);
      await whole.locator('summary').focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await whole.locator('.gpu-program > span').allInnerTexts(), ['Studio', String(pid), '2.0 GB']);
      await parted.getByText('1 program, not of AiKore').waitFor();
      assert.deepEqual(await parted.locator('.gpu-slice .gauge-label').allInnerTexts(), ['MIG 1g.10gb', 'MIG 1g.10gb']);

      await root.getByText('What instances take').click();
      const row = root.getByRole('table', { name: 'What instances take' }).getByRole('row', { name: /^Studio/ });
      await until('what it has of the card', async () => (await row.getByRole('cell').nth(2).innerText()) === '2.0 GB');
      for (const at of [3, 4]) assert.match(await row.getByRole('cell').nth(at).innerText(), /^([\d.]+ [KMG]?B\/s|–)$/);
      await healthy(visit, 'monitor programs and parts');
      const [inner, outer] = await root.locator('.monitor-body').evaluate((body) => [body.scrollWidth, body.clientWidth]);
      assert.ok(inner <= outer, `${inner} in ${outer}`);
      await server.api('POST', `instances/${id}/stop?wait=true`);
      await server.clear();
      setCards(CALM, BUSY);
    });
  }
}

stage.scene('nothing is drawn that nobody sees', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page } = visit;
  await openPane(visit);
  /** @param {boolean} hidden */
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await page.evaluate(() => {
    const seen = /** @type {any} */ (globalThis);
    seen.changes = 0;
    seen.samples = 0;
    const watched = /** @type {HTMLElement} */ (document.querySelector('#monitor .monitor-body'));
    new MutationObserver((records) => (seen.changes += records.length)).observe(watched, { subtree: true, attributes: true, childList: true, characterData: true });
    new EventSource('api/events').addEventListener('stats', () => (seen.samples += 1));
  });
  const samples = async () => (await page.evaluate(() => /** @type {any} */ (globalThis).samples));
  const changes = async () => (await page.evaluate(() => /** @type {any} */ (globalThis).changes));
  await until('changes while it is seen', async () => (await samples()) >= 2 && (await changes()) > 0, 20_000);
  await hide(true);
  const before = { changes: await changes(), samples: await samples() };
  await until('three more samples', async () => (await samples()) >= before.samples + 3, 20_000);
  assert.equal(await changes(), before.changes, 'nothing moved');
  await hide(false);
  await until('it catches up', async () => (await changes()) > before.changes, 5000);
});
