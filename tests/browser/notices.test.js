// Notices: the bell, the list that the server keeps, notifications of the browser, and targets elsewhere.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { healthy } from './support/axe.js';
import { Dashboard } from './support/dashboard.js';
import { Hook } from './support/hook.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
/** @type {Hook} */
let hook;
before(async () => {
  hook = await Hook.start();
});
after(() => hook.stop());

/** @typedef {import('./support/stage.js').Visit} Visit */
/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const bell = (page) => page.locator('.top').getByRole('button', { name: /^Notices/ });
/** @param {Page} page */
const notices = (page) => page.locator('section[aria-label="Notices"]');
/** @param {Page} page @param {string} text */
const line = (page, text) => notices(page).locator('.notice').filter({ hasText: text });

/** Opens the settings at their part about notices. @param {Visit} visit */
async function openSettings({ page, dashboard }) {
  if (dashboard.touch && !(await page.locator('.launch').isVisible())) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
  await dashboard.act(page.locator('.launch').getByRole('button', { name: /^Settings/ }));
  const part = page.getByRole('region', { name: 'Settings', exact: true }).locator('section[aria-label="Notices"]');
  await dashboard.act(page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('button', { name: 'Notices' }));
  return part;
}

/** An instance that ends at once with a failure. @param {import('./support/server.js').Server} server @param {string} name */
async function crash(server, name) {
  await server.writeBlueprint('crash.sh', '#!/bin/bash\nexit 7\n');
  const { id } = await server.create(name, 'crash.sh');
  await server.api('POST', `instances/${id}/start`);
  await server.reach(id, 'error');
  return id;
}

/** @param {import('./support/server.js').Server} server @returns {Promise<number>} */
const unread = async (server) => (await server.api('GET', 'notices')).unread;

stage.scene('the bell counts, leads to the list, and the server remembers what was read', DESK, async ({ page, dashboard, server }) => {
  await server.api('POST', 'notices/read', {});
  await dashboard.open();
  assert.equal(await bell(page).getAttribute('aria-label'), 'Notices');
  await server.createStarted('Studio');
  await crash(server, 'Broken');
  await until('two on the bell', async () => (await bell(page).getAttribute('aria-label')) === 'Notices, 2 unread');
  await page.locator('.toast-error').filter({ hasText: 'Broken: It ended' }).waitFor();
  assert.equal(await page.locator('.toast').filter({ hasText: 'Studio is ready' }).count(), 0, 'who is ready is seen in the list');

  await bell(page).focus();
  await page.keyboard.press('Enter');
  await line(page, 'Studio is ready.').waitFor();
  await until('the focus in the list', () => notices(page).evaluate((one) => one === document.activeElement));
  const first = notices(page).locator('.notice').first();
  assert.match((await first.textContent()) ?? '', /Broken: It ended before|Broken: It ended with exit code 7/);
  assert.equal(await page.locator('section[aria-label="Messages"]').getByText('Broken: It ended').count(), 0, 'said once');
  await first.getByRole('button', { name: 'Broken', exact: true }).click();
  assert.equal(await dashboard.row('Broken').evaluate((row) => row === document.activeElement), true);

  // Another page of this browser, and the same one anew.
  const other = new Dashboard(await page.context().newPage(), server.address, false);
  await other.open();
  await until('the other bell', async () => (await bell(other.page).getAttribute('aria-label')) === 'Notices, 2 unread');
  await page.bringToFront();
  await line(page, 'Studio is ready.').getByRole('button', { name: 'Mark read: Studio is ready.' }).click();
  for (const one of [page, other.page]) await until('one left', async () => (await bell(one).getAttribute('aria-label')) === 'Notices, 1 unread');
  assert.equal(await line(page, 'Studio is ready.').getAttribute('data-read'), 'true');
  await other.page.close();
  await page.reload();
  await dashboard.live();
  await until('one left', async () => (await bell(page).getAttribute('aria-label')) === 'Notices, 1 unread');
  await line(page, 'Studio is ready.').waitFor();
  assert.equal(await line(page, 'Studio is ready.').getAttribute('data-read'), 'true');
  await notices(page).getByRole('button', { name: 'Mark all read' }).click();
  await until('none left', async () => (await bell(page).getAttribute('aria-label')) === 'Notices');
  assert.equal(await unread(server), 0);
  assert.equal(await notices(page).getByRole('button', { name: 'Mark all read' }).isVisible(), false);
});

stage.scene('a target is made, tried out, changed and removed, by keyboard too', DESK, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  watch.expectStatus(422, '/api/notices/targets');
  await dashboard.open();
  const part = await openSettings(visit);
  await part.getByText('None yet. A phone by ntfy').waitFor();
  await part.getByRole('button', { name: 'New target' }).click();
  await dashboard.field('Kind').selectOption('webhook');
  await dashboard.field('Name').fill('My program');
  await dashboard.field('URL').fill('gopher://example.com/');
  await dashboard.field('Secret (optional)').fill('tops3cret');
  await page.keyboard.press('Enter');
  await until('what is wrong with it', async () => /Only http and https/.test((await dashboard.fault('URL').textContent()) ?? ''));
  assert.equal(await dashboard.field('URL').evaluate((one) => one === document.activeElement), true);
  await dashboard.field('URL').fill(hook.url('/in'));
  await page.keyboard.press('Enter');
  await dashboard.dialog.waitFor({ state: 'detached' });
  const target = part.locator('.target').filter({ hasText: 'My program' });
  await target.getByText('all notices').waitFor();

  await target.getByRole('button', { name: 'Test: My program' }).focus();
  await page.keyboard.press('Enter');
  await target.getByText(`It has arrived: 127.0.0.1:${hook.port} answered 200 (OK): thank you`).waitFor();
  assert.equal(JSON.parse(hook.got[0].body).kind, 'test');
  assert.match(String(hook.got[0].headers['x-aikore-signature']), /^sha256=[0-9a-f]{64}$/);
  await until('the focus where it was', () => target.getByRole('button', { name: 'Test: My program' }).evaluate((one) => one === document.activeElement));
  hook.status = 500;
  hook.answer = 'out of order, tops3cret';
  await page.keyboard.press('Enter');
  await target.locator('.target-answer').getByText(/It was not taken: .*answered 500 \(Internal Server Error\): out of order, …/).waitFor();
  assert.equal(await target.locator('.target-error').isVisible(), false, 'said once');
  await page.reload();
  await dashboard.live();
  await target.locator('.target-error').getByText(/out of order/).waitFor();
  assert.equal(await page.getByText('tops3cret').count(), 0);

  hook.status = 200;
  await target.getByRole('button', { name: 'Change: My program' }).click();
  assert.equal(await dashboard.field('Secret (optional)').inputValue(), '', 'it never comes back');
  await dashboard.dialog.getByText('There is one; it stays').waitFor();
  for (const word of ['Ready', 'Stalled', 'Disk nearly full', 'GPU lost', 'Job done', 'Everything else', 'Given up']) await dashboard.dialog.getByLabel(word, { exact: true }).uncheck();
  await dashboard.press('Save');
  await target.getByText('crashed', { exact: false }).waitFor();
  const before = hook.got.length;
  await crash(server, 'Fallen');
  await until('the crash at the target', () => hook.got.length > before);
  assert.deepEqual([JSON.parse(hook.got[before].body).kind, JSON.parse(hook.got[before].body).instance_name], ['crashed', 'Fallen']);
  await target.getByRole('button', { name: 'Change: My program' }).click();
  await dashboard.dialog.getByLabel('Crashed', { exact: true }).uncheck();
  await dashboard.press('Save');
  await dashboard.dialog.getByText('Choose at least one kind of notice.').waitFor();
  await dashboard.press('Cancel');
  await target.getByRole('button', { name: 'Remove: My program' }).click();
  await dashboard.press('Remove it');
  await part.getByText('None yet. A phone by ntfy').waitFor();
});

/** Notes what this page shows, and lets a test look away from it. */
const noted = () => {
  // A page that is not there yet.
  if (location.protocol === 'about:') return;
  const page = /** @type {any} */ (globalThis);
  page.shown = [];
  page.away = false;
  document.hasFocus = () => !page.away;
  page.Notification = class extends EventTarget {
    static permission = page.localStorage.getItem('test.permission') ?? 'default';
    static async requestPermission() {
      page.Notification.permission = page.localStorage.getItem('test.answer') ?? 'granted';
      page.localStorage.setItem('test.permission', page.Notification.permission);
      return page.Notification.permission;
    }
    constructor(/** @type {string} */ title, /** @type {any} */ options) {
      super();
      page.shown.push({ title, body: options.body, made: this });
    }
    close() {}
  };
};

/** @param {Page} page @returns {Promise<string[]>} */
const shown = (page) => page.evaluate(() => /** @type {any} */ (globalThis).shown.map((/** @type {any} */ one) => `${one.title}: ${one.body}`));

stage.scene('the browser shows notices once it was allowed to, from one page, while nobody looks', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await page.context().addInitScript(noted);
  await server.clear();
  await dashboard.open();
  const part = await openSettings(visit);
  const box = part.getByLabel(/^Browser notifications/);
  assert.equal(await box.isChecked(), false);
  // The person says no.
  await page.evaluate(() => localStorage.setItem('test.answer', 'denied'));
  await box.click();
  await part.getByText('This browser refuses notifications of this page.').waitFor();
  assert.equal(await box.isChecked(), false);
  await page.evaluate(() => {
    localStorage.setItem('test.answer', 'granted');
    /** @type {any} */ (globalThis).Notification.permission = 'default';
  });
  await box.click();
  await until('it is on', () => box.isChecked());
  assert.deepEqual(await shown(page), ['AiKore: Notices show like this.']);
  await crash(server, 'Watched');
  await page.locator('.toast-error').filter({ hasText: 'Watched:' }).waitFor();
  assert.equal((await shown(page)).length, 1, 'whoever looks has seen it');

  const other = new Dashboard(await page.context().newPage(), server.address, false);
  await other.open();
  for (const one of [page, other.page]) await one.evaluate(() => (/** @type {any} */ (globalThis).away = true));
  await crash(server, 'Unwatched');
  await until('the notification', async () => (await shown(page)).some((one) => one.startsWith('Unwatched: Unwatched: It ended')));
  await other.page.locator('.toast-error').filter({ hasText: 'Unwatched:' }).waitFor();
  assert.deepEqual(await shown(other.page), [], 'only the page that leads shows it');
  await page.evaluate(() => /** @type {any} */ (globalThis).shown.at(-1).made.dispatchEvent(new Event('click')));
  assert.equal(await dashboard.row('Unwatched').evaluate((row) => row === document.activeElement), true);
  // The page that leads is gone: the other one shows them.
  await page.close();
  await crash(server, 'Later');
  await until('the notification', async () => (await shown(other.page)).some((one) => one.startsWith('Later:')));
});

stage.scene('without a secure page it says so', DESK, async (visit) => {
  const { page, dashboard } = visit;
  await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
  await dashboard.open();
  const part = await openSettings(visit);
  await part.getByText(/only of pages that come by HTTPS/).waitFor();
  await part.getByLabel(/^Browser notifications/).click();
  assert.equal(await part.getByLabel(/^Browser notifications/).isChecked(), false);
});

for (const [size, screen] of Object.entries({ desk: DESK, phone: PHONE })) {
  for (const look of /** @type {const} */ (['dark', 'light'])) {
    stage.scene(`how it looks, ${look}, ${size}`, { ...screen, colorScheme: look, timeout: 120_000 }, async (visit) => {
      const { page, dashboard, server, watch } = visit;
      watch.expectStatus(404, '/api/audit');
      await server.clear();
      for (const { id } of await server.api('GET', 'notices/targets')) await server.api('DELETE', `notices/targets/${id}`);
      await server.api('POST', 'notices/read', {});
      await server.createStarted('Studio');
      await crash(server, 'A name that is long enough to be cut off somewhere');
      hook.status = 403;
      hook.answer = '{"code":40301,"http":403,"error":"forbidden"}';
      await server.api('POST', 'notices/targets', { name: 'My phone', kind: 'ntfy', url: hook.url('/studio-of-mine'), secret: 'tk_1', wants: ['crashed', 'gave_up', 'job_done'] });
      const { id } = await server.api('POST', 'notices/targets', { name: 'Studio channel', kind: 'discord', url: hook.url('/api/webhooks/12/abc'), enabled: false });
      await server.api('POST', `notices/targets/${id}/test`);
      await dashboard.open();
      await until('the bell', async () => /\d unread/.test((await bell(page).getAttribute('aria-label')) ?? ''));
      await dashboard.act(bell(page));
      await line(page, 'Studio is ready.').first().waitFor();
      await healthy(visit, 'notices list');
      if (dashboard.touch) await dashboard.act(page.getByRole('button', { name: 'Close the tools' }));
      await healthy(visit, 'notices bell');
      const part = await openSettings(visit);
      await part.getByText('Studio channel').waitFor();
      await part.scrollIntoViewIfNeeded();
      await dashboard.act(part.getByRole('button', { name: 'Test: My phone' }));
      await part.locator('.target-answer[data-ok=false]').waitFor();
      await healthy(visit, 'notices settings');
      await dashboard.act(part.getByRole('button', { name: 'New target' }));
      await healthy(visit, 'notices dialog');
      await dashboard.press('Cancel');
    });
  }
}
