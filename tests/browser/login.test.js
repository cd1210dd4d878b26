// The login in a real browser: its pages, and the ways a login takes from one origin to another.
import assert from 'node:assert/strict';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage({ env: { AIKORE_AUTH: 'password' } });
/** A page that is left lets go of what it was asking for. */
const LEFT = /^failed request: .*net::ERR_ABORTED/;
const PASSWORD = 'a horse, a battery, a staple';

/** @param {import('playwright-core').Page} page @param {string} [password] */
async function logIn(page, password = PASSWORD) {
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** The setup link in the log. @param {import('./support/server.js').Server} server */
const setupLink = (server) =>
  until('the setup link', () => /\/setup\?token=[\w-]{43}/.exec(server.output)?.[0]).then((path) => `${server.address}${path}`);

/** A token of one's own for the test's calls. @param {import('playwright-core').Page} page @param {string} name @param {string[]} scopes */
const makeToken = (page, name, scopes) =>
  page.evaluate(async (wanted) => {
    const answer = await fetch('/api/auth/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wanted) });
    return (await answer.json()).token;
  }, { name, scopes });

/** The test's own calls have a token from now on. @param {import('playwright-core').Page} page @param {import('./support/server.js').Server} server */
async function callAsTest(page, server) {
  server.headers = { Authorization: `Bearer ${await makeToken(page, 'the test', ['manage'])}` };
}

/** A session of this browser, where there is none yet. @param {import('./support/stage.js').Visit} visit */
async function loggedIn({ page, dashboard, server }) {
  await page.goto(`${server.address}/login`);
  await logIn(page);
  await dashboard.live();
  if (!server.headers.Authorization) await callAsTest(page, server);
}

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`the setup page looks right, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, server } = visit;
      await page.goto(await setupLink(server));
      await page.getByRole('button', { name: 'Set the password' }).waitFor();
      await healthy(visit, 'setup');
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByText('The password needs 8 characters at least.').waitFor();
      await healthy(visit, 'setup with a fault');
      await page.goto(`${server.address}/setup`);
      await page.getByLabel('Setup token').waitFor();
      await healthy(visit, 'setup without a token');
    });
  }
}

stage.scene('the first visit: the dashboard leads to the setup page, the link sets the password', DESK, async ({ page, dashboard, watch, server }) => {
  watch.expect(LEFT);
  await page.goto(`${server.address}/`);
  assert.equal(new URL(page.url()).pathname, '/setup');
  const link = await setupLink(server);
  await page.goto(link);
  assert.equal(page.url(), `${server.address}/setup`, 'the token is out of the address bar');
  const [password, again] = [page.getByLabel('New password'), page.getByLabel('The same again')];
  await until('the field to type in', () => password.evaluate((field) => field === document.activeElement));
  await password.fill(PASSWORD);
  await again.fill('something else');
  await page.keyboard.press('Enter');
  await page.getByText('The two are not the same.').waitFor();
  await page.getByLabel('Show it').check();
  assert.equal(await password.getAttribute('type'), 'text');
  await again.fill(PASSWORD);
  await page.keyboard.press('Enter');
  await dashboard.live();
  assert.equal(page.url(), `${server.address}/`);
  await callAsTest(page, server);

  watch.expectStatus(403, '/api/auth/setup');
  await page.goto(link);
  assert.equal(page.url(), `${server.address}/`, 'nothing is left to set up');
  await dashboard.live();
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`the login page looks right, ${colorScheme}, ${size}`, { ...options, colorScheme }, async (visit) => {
      const { page, server, watch } = visit;
      await page.goto(`${server.address}/instance/some-app/`);
      await page.getByText('It goes on to some-app.').waitFor();
      await healthy(visit, 'login');
      if (colorScheme === 'dark' && size === 'desk') {
        watch.expectStatus(401, '/api/auth/login');
        await logIn(page, 'wrong');
        await page.getByText('That is not the password.').waitFor();
      } else {
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByText('Type the password.').waitFor();
      }
      await healthy(visit, 'login with a fault');
    });
  }
}

stage.scene('a wrong password, too many of them, the right one, and out again', DESK, async ({ page, dashboard, watch, server, shot }) => {
  await page.goto(`${server.address}/?x=1`);
  watch.expectStatus(401, '/api/auth/login');
  watch.expectStatus(429, '/api/auth/login');
  const button = page.locator('#submit');
  for (let wrong = 0; wrong < 8 && (await button.textContent()) === 'Log in'; wrong += 1) {
    const answer = page.waitForResponse((response) => response.url().endsWith('/api/auth/login'));
    await logIn(page, 'wrong');
    await (await answer).finished();
    await until('an answer', async () => ((await page.locator('#error').textContent()) ?? '') !== '');
  }
  await page.getByText(/^Too many wrong attempts\. Wait \d+ s/).waitFor();
  assert.match((await button.textContent()) ?? '', /^Wait \d+ s$/);
  assert.equal(await button.isDisabled(), true);
  await shot('login too many');
  await until('the end of the wait', async () => (await button.textContent()) === 'Log in', 30_000);
  await logIn(page);
  await dashboard.live();
  assert.equal(page.url(), `${server.address}/?x=1`, 'where it was wanted');
  await page.goto(`${server.address}/login`);
  assert.equal(page.url(), `${server.address}/`, 'there is nothing to log in to');
  await dashboard.live();

  const cookies = await page.context().cookies();
  const session = cookies.find(({ name }) => name === 'aikore_session');
  assert.deepEqual([session?.httpOnly, session?.sameSite, session?.path], [true, 'Lax', '/']);
  assert.equal(await page.evaluate(() => document.cookie.includes('aikore_session')), false);
  assert.equal(await page.evaluate(async () => (await fetch('/api/auth/logout', { method: 'POST' })).status), 204);
  // Its stream has ended with the session: the page notices by itself.
  watch.expectStatus(401, '/api/');
  watch.expect(LEFT, /ERR_INCOMPLETE_CHUNKED_ENCODING/);
  await page.waitForURL(`${server.address}/login?next=%2F`);
  assert.equal((await page.context().cookies()).some(({ name }) => name === 'aikore_session'), false);
});

stage.scene('a session that was ended elsewhere leads to the login, and back', DESK, async (visit) => {
  const { page, dashboard, watch, server } = visit;
  await loggedIn(visit);
  watch.expectStatus(401, '/api/');
  watch.expect(LEFT, /ERR_INCOMPLETE_CHUNKED_ENCODING/);
  const sessions = await server.api('GET', 'auth/sessions');
  for (const { id } of sessions) await server.api('DELETE', `auth/sessions/${id}`);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/login');
  await logIn(page);
  await dashboard.live();

  // The same by a click, before the stream has noticed.
  await page.route('**/api/auth/session', (route) => route.abort());
  await page.evaluate(() => fetch('/api/auth/logout', { method: 'POST' }));
  watch.expect(/failed request: GET .*\/api\/auth\/session/, /net::ERR_FAILED/);
  // It may be on its way already, and take the button along.
  await page.getByRole('button', { name: 'New instance' }).filter({ visible: true }).first().click({ timeout: 3000 }).catch(() => {});
  await page.getByRole('button', { name: 'Log in' }).waitFor();
});

stage.scene('a login goes along to a host name and to a public port, and comes back to the very place', DESK, async (visit) => {
  const { page, watch, server } = visit;
  watch.expect(LEFT);
  const { port } = new URL(server.address);
  await server.clear().catch(() => {});
  await loggedIn(visit);
  const { urls } = await server.createStarted('hello');
  const own = new URL(urls.port ?? '').port;
  const dashboard = `http://localhost:${port}`;
  for (const address of [dashboard, `http://hello.localhost:${port}`, `http://localhost:${own}`]) watch.alsoOwn(address);
  await page.context().clearCookies();
  for (const [origin, later] of [
    [`http://hello.localhost:${port}`, `${dashboard}/login`],
    [`http://localhost:${own}`, `http://localhost:${own}/`],
  ]) {
    const place = `${origin}/?a=1&b=%2F%20x`;
    await page.goto(place);
    if (later.endsWith('/login')) {
      assert.equal(new URL(page.url()).origin, dashboard);
      await page.getByText(`It goes on to hello.localhost:${port}.`).waitFor();
      await logIn(page);
    }
    await page.waitForURL(place);
    await page.getByText('Hello', { exact: false }).first().waitFor();
    await page.goto(`${origin}/?again`);
    assert.equal(page.url(), `${origin}/?again`, 'and stays');
  }
  const cookies = await page.context().cookies();
  const passes = cookies.filter(({ name }) => name.startsWith('aikore_pass_'));
  assert.deepEqual(passes.map(({ domain, httpOnly }) => [domain, httpOnly]), [['hello.localhost', true]]);
});

stage.scene('a token in a link opens one instance in a fresh browser, and nothing else', DESK, async (visit) => {
  const { page, watch, server } = visit;
  watch.expect(LEFT);
  await loggedIn(visit);
  const hello = await server.createStarted('linked');
  await server.createStarted('other');
  const token = await makeToken(page, 'for a friend', ['instance:linked']);
  await page.context().clearCookies();
  await page.goto('about:blank');
  await page.goto(`${server.address}/instance/linked/?aikore_token=${token}&x=1`);
  assert.equal(page.url(), `${server.address}/instance/linked/?x=1`);
  await page.getByText('Hello', { exact: false }).first().waitFor();
  const cookies = (await page.context().cookies()).filter(({ name }) => !name.startsWith('aikore_instance'));
  assert.deepEqual(cookies.map(({ name, path }) => [name, path]), [[`aikore_pass_${hello.id}`, '/']]);
  for (const path of ['/', '/instance/other/']) {
    await page.goto(`${server.address}${path}`);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  }
  await page.context().clearCookies();
  watch.expectStatus(401, '/instance/linked/');
  const wrong = await page.goto(`${server.address}/instance/linked/?aikore_token=ak_wrong`);
  assert.equal(wrong?.status(), 401);
  await page.getByText(/This link does not open the instance/).waitFor();
});
