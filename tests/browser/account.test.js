// With a password: who is logged in, tokens, the password itself, what was changed by whom, and who may open an instance.
import assert from 'node:assert/strict';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const PASSWORD = 'a few good words';
const stage = setStage({ env: { AIKORE_AUTH: 'password', AIKORE_PASSWORD: PASSWORD } });

/** @typedef {import('./support/stage.js').Visit} Visit */

/** Lets the test's own calls in, as a program with a session would. @param {import('./support/server.js').Server} server */
async function letIn(server) {
  const answer = await fetch(`${server.address}/api/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password: PASSWORD }) });
  assert.equal(answer.status, 204, await answer.text());
  // By a cookie only a page of the dashboard may change something.
  server.headers = { Origin: server.address, Cookie: answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ') };
}

/** By the login page, as a person does. @param {Visit} visit @param {string} [password] */
async function logIn({ page, dashboard, server }, password = PASSWORD) {
  await page.goto(`${server.address}/`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await dashboard.live();
}

/** @param {Visit} visit @param {string} name */
async function openTool({ page, dashboard }, name) {
  if (dashboard.touch && !(await page.locator('.launch').isVisible())) await dashboard.act(page.getByRole('button', { name: 'Tools', exact: true }));
  await dashboard.act(page.locator('.launch').getByRole('button', { name: new RegExp(`^${name}`) }));
}

/** One part of the settings. @param {import('playwright-core').Page} page @param {string} title */
const part = (page, title) => page.getByRole('region', { name: 'Settings', exact: true }).locator(`section[aria-label="${title}"]`);

/** What a bearer of a token is answered. @param {import('./support/server.js').Server} server @param {string} token @param {string} path */
const asBearer = async (server, token, path) => (await fetch(`${server.address}${path}`, { headers: { Authorization: `Bearer ${token}` } })).status;

stage.scene('sessions are listed; one is ended, then all others', DESK, async (visit) => {
  const { page, server } = visit;
  await letIn(server);
  /** @param {string} userAgent */
  const guest = async (userAgent) => {
    const { request } = (await visit.another({ userAgent })).page.context();
    const answer = await request.post(`${server.address}/api/auth/login`, { data: { password: PASSWORD } });
    assert.equal(answer.status(), 204);
    return { isIn: async () => (await request.get(`${server.address}/api/instances/`)).status() === 200 };
  };
  const laptop = await guest('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
  const phone = await guest('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1');
  await logIn(visit);
  await openTool(visit, 'Settings');
  const sessions = part(page, 'Sessions');
  const lines = sessions.locator('li');
  await until('all four', async () => (await lines.count()) === 4);
  const own = lines.filter({ hasText: 'this browser' });
  assert.equal(await own.count(), 1);
  assert.match((await own.textContent()) ?? '', /127\.0\.0\.1 · since .* · until /);
  assert.equal(await own.getByRole('button').count(), 0, 'the own one is ended by logging out');

  await sessions.getByRole('button', { name: 'End the session of Firefox on Linux' }).click();
  await page.locator('.toast').filter({ hasText: 'The session of Firefox on Linux is ended.' }).waitFor();
  await until('three', async () => (await lines.count()) === 3);
  assert.equal(await laptop.isIn(), false);
  assert.equal(await phone.isIn(), true);

  await sessions.getByRole('button', { name: 'End all others' }).click();
  await until('only this one', async () => (await lines.count()) === 1);
  assert.equal(await phone.isIn(), false);
  assert.equal(await sessions.getByRole('button', { name: 'End all others' }).isVisible(), false);
  assert.equal(await visit.dashboard.page.locator('html').getAttribute('data-link'), 'live', 'this one goes on');
});

stage.scene('a token is made, copied, shown once, used and taken back', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'] }, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  await letIn(server);
  const studio = await server.create('Studio', 'hello.sh');
  await server.create('Other', 'hello.sh');
  await logIn(visit);
  await openTool(visit, 'Settings');
  const tokens = part(page, 'Tokens');
  await tokens.getByText('No tokens. A program that talks to AiKore needs one.').waitFor();

  await tokens.getByRole('button', { name: 'New token' }).click();
  await dashboard.press('Make it');
  await dashboard.fault('Name').getByText('It needs a name.').waitFor();
  await dashboard.field('Name').fill('backup script');
  await dashboard.field('It may').selectOption('instance:studio');
  await dashboard.press('Make it');
  const shown = dashboard.dialog.getByLabel('The token', { exact: true });
  await shown.waitFor();
  const token = await shown.inputValue();
  assert.ok(token.length >= 32, 'a long one');
  await healthy(visit, 'a new token');
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  for (const [label, text] of [
    ['The token', token],
    ['The link', `${server.address}/instance/studio/?aikore_token=${token}`],
  ]) {
    const one = dashboard.dialog.locator('.token-line').filter({ has: page.getByLabel(label, { exact: true }) });
    await one.getByRole('button', { name: 'Copy' }).click();
    await one.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await copied(), text);
  }
  await dashboard.dialog.getByRole('button', { name: 'Close' }).last().click();
  await dashboard.dialog.waitFor({ state: 'detached' });
  assert.equal((await page.content()).includes(token), false, 'never again');

  const line = tokens.locator('li').filter({ hasText: 'backup script' });
  await line.getByText('never used').waitFor();
  assert.match((await line.textContent()) ?? '', /use studio/i);
  assert.equal(await asBearer(server, token, `/api/instances/${studio.id}`), 200);
  assert.notEqual(await asBearer(server, token, '/api/auth/tokens'), 200, 'of no use for anything else');
  await page.getByRole('tab', { name: 'Welcome' }).click();
  await openTool(visit, 'Settings');
  await line.getByText(/last used .* from 127\.0\.0\.1/).waitFor();

  // Two of one name could not be told apart.
  watch.expectStatus(409, '/api/auth/tokens');
  await tokens.getByRole('button', { name: 'New token' }).click();
  await dashboard.field('Name').fill('backup script');
  await dashboard.press('Make it');
  await until('the reason at the field', async () => /backup script|taken|name/i.test((await dashboard.fault('Name').textContent()) ?? ''));
  await dashboard.press('Cancel');

  await tokens.getByRole('button', { name: 'Take back: backup script' }).click();
  await healthy(visit, 'taking a token back');
  await dashboard.press('Take it back');
  await page.locator('.toast').filter({ hasText: 'The token “backup script” opens nothing any more.' }).waitFor();
  assert.equal(await line.count(), 0);
  assert.equal(await asBearer(server, token, `/api/instances/${studio.id}`), 401);
  await server.clear();
});

for (const [size, screen] of Object.entries({ desk: DESK, phone: PHONE })) {
  for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
    stage.scene(`settings and activity with a login, ${size}, ${colorScheme}`, { ...screen, colorScheme }, async (visit) => {
      const { page, dashboard, server } = visit;
      await letIn(server);
      const { id } = await server.api('POST', 'auth/tokens', { name: `script of ${size} ${colorScheme}`, scopes: ['read'] });
      await logIn(visit);
      await openTool(visit, 'Settings');
      if (!dashboard.touch) await page.getByRole('button', { name: 'Maximise the tools' }).click();
      await part(page, 'Tokens').locator('li').first().waitFor();
      await part(page, 'Account').scrollIntoViewIfNeeded();
      await healthy(visit, 'settings account');
      const settings = part(page, 'Server').locator('tr');
      await until('all settings', async () => (await settings.count()) > 10);
      await part(page, 'Server').evaluate((one) => one.scrollIntoView());
      await healthy(visit, 'settings server');
      const text = await part(page, 'Server').textContent();
      assert.equal(text?.includes(PASSWORD), false, 'secrets stay where they are');
      assert.match((await settings.filter({ hasText: /^AIKORE_AUTH[^_]/ }).textContent()) ?? '', /password.*environment/);
      await openTool(visit, 'Activity');
      await page.locator('.audit').first().waitFor();
      await page.locator('section[aria-label="Changes"]').evaluate((one) => one.scrollIntoView());
      await healthy(visit, 'activity changes');
      await server.api('DELETE', `auth/tokens/${id}`);
    });
  }
}

stage.scene('Activity says who changed what, when and from where, a page at a time', DESK, async (visit) => {
  const { page, server, watch } = visit;
  await letIn(server);
  const { id } = await server.create('Diary', 'hello.sh');
  await logIn(visit);
  await openTool(visit, 'Activity');
  const entries = page.locator('.audit');
  const made = entries.filter({ hasText: 'Create Diary' });
  await made.waitFor();
  assert.match((await made.textContent()) ?? '', /Create Diary.*from hello\.sh.*session \d+, 127\.0\.0\.1/);
  assert.ok(Math.abs(Date.parse((await made.locator('time').getAttribute('datetime')) ?? '') - Date.now()) < 60_000, 'a moment ago');

  // What was refused is there as well; and what is new comes on top.
  watch.expectStatus(422);
  await fetch(`${server.address}/api/instances/${id}`, { method: 'PUT', headers: { ...server.headers, 'Content-Type': 'application/json' }, body: '{"name":"a/b"}' });
  await page.getByRole('tab', { name: 'Welcome' }).click();
  await openTool(visit, 'Activity');
  await until('the refusal on top', async () => /refused \(422\)/.test((await entries.first().textContent()) ?? ''));

  for (let number = 0; number < 105; number += 1) await server.api('PUT', `instances/${id}`, { autostart: number % 2 === 0 });
  await page.getByRole('tab', { name: 'Welcome' }).click();
  await openTool(visit, 'Activity');
  const earlier = page.getByRole('button', { name: 'Earlier ones' });
  await earlier.waitFor();
  assert.equal(await entries.count(), 100);
  await earlier.click();
  await until('older ones below', async () => (await entries.count()) > 105);
  const times = await entries.locator('time').evaluateAll((all) => all.map((one) => Date.parse(/** @type {HTMLTimeElement} */ (one).dateTime)));
  assert.deepEqual(times, times.toSorted((a, b) => b - a), 'from the latest on');
  await server.clear();
});

stage.scene('who may open an instance: from its address and from its settings, through the review', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await letIn(server);
  const { urls } = await server.createStarted('Gallery');
  const stranger = async () => (await fetch(new URL(urls.path ?? '', `${server.address}/`), { redirect: 'manual' })).status;
  await logIn(visit);
  const mark = dashboard.row('Gallery').locator('.access-mark');
  assert.equal(await mark.isVisible(), false);
  assert.notEqual(await stranger(), 200);

  await dashboard.row('Gallery').locator('.c-address .cell-edit').click();
  const choice = page.locator('.cell-pop').getByLabel('Who may open it');
  await choice.selectOption('public');
  await healthy(visit, 'who may open it');
  await page.locator('.cell-pop').getByRole('button', { name: 'Done' }).click();
  assert.equal(await mark.isVisible(), false, 'not before it is saved');
  assert.notEqual(await stranger(), 200);
  await dashboard.row('Gallery').locator('.wanted').getByText(/who may open it anybody who can reach it/i).waitFor();
  await dashboard.review();
  const line = dashboard.dialog.locator('.review-line').filter({ hasText: 'Who may open it' });
  assert.match((await line.textContent()) ?? '', /whoever may log in.*anybody who can reach it/);
  await healthy(visit, 'review of who may open it');
  await dashboard.confirmReview();
  await mark.getByText('Public').waitFor();
  assert.equal(await stranger(), 200);
  assert.equal((await server.instance('Gallery')).status, 'started', 'nothing restarted for it');
  await healthy(visit, 'a public instance');

  await dashboard.choose('Gallery', 'Edit');
  await dashboard.field('Who may open it').selectOption('token');
  await dashboard.press('Save');
  await dashboard.confirmReview();
  await mark.getByText('Token').waitFor();
  assert.notEqual(await stranger(), 200);

  await dashboard.choose('Gallery', 'Edit');
  await dashboard.field('Who may open it').selectOption('private');
  await dashboard.press('Save');
  await dashboard.confirmReview();
  await until('no mark', async () => !(await mark.isVisible()));
  await server.clear();
});

stage.scene('the password is changed: every mistake at its field, then the new one counts', DESK, async (visit) => {
  const { page, server, watch } = visit;
  await letIn(server);
  await logIn(visit);
  await openTool(visit, 'Settings');
  const account = part(page, 'Account');
  const [present, fresh, again] = ['Present password', 'New password', 'New password again'].map((label) => account.getByLabel(label, { exact: true }));
  const save = account.getByRole('button', { name: 'Change the password' });
  /** @param {string} label */
  const fault = (label) => account.locator('.field').filter({ has: page.getByText(label, { exact: true }) }).getByRole('alert');

  await save.click();
  await fault('Present password').getByText('Fill this in.').waitFor();
  await present.fill(PASSWORD);
  await fresh.fill('other words entirely');
  await again.fill('other words entirly');
  await save.click();
  await fault('New password again').getByText('The two are not the same.').waitFor();

  await present.fill('not this one');
  await again.fill('other words entirely');
  await save.click();
  await fault('Present password').getByText(/password/i).waitFor();
  assert.equal(new URL(page.url()).pathname, '/', 'a wrong password is no reason to log out');
  assert.equal(await fresh.inputValue(), 'other words entirely', 'nothing typed is lost');

  watch.expectStatus(422, '/api/auth/password');
  await present.fill(PASSWORD);
  await fresh.fill('short');
  await again.fill('short');
  await save.click();
  await fault('New password').getByText('it needs 8 at least').waitFor();

  await fresh.fill('other words entirely');
  await again.fill('other words entirely');
  await save.click();
  await page.locator('.toast').filter({ hasText: 'The password is changed.' }).waitFor();
  assert.equal(await present.inputValue(), '', 'nothing stays in the form');
  const stale = await fetch(`${server.address}/api/instances/`, { headers: server.headers });
  assert.equal(stale.status, 401, 'whoever came in with the old one is out');

  // Out by the header, and in again with the new one.
  await page.locator('.top .user').click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.locator('#password').waitFor();
  watch.expectStatus(401);
  watch.expect(/net::ERR_ABORTED/);
  await page.goto(`${server.address}/`);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await until('the refusal', async () => (await page.locator('#error').textContent())?.trim());
  await logIn(visit, 'other words entirely');
});
