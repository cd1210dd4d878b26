// The dashboard lives from the server's events: between browsers, and across a death of the server.
// Runs alone: it measures time.
import assert from 'node:assert/strict';
import { helloIsThere } from './support/hello.js';
import { DESK, setStage } from './support/stage.js';
import { timed, until } from './support/wait.js';

const stage = setStage();

stage.scene('what one browser does, another shows within a second, and nothing in hand is disturbed', DESK, async ({ dashboard: one, another, server }) => {
  await server.create('alpha', 'hello.sh');
  await server.create('beta', 'hello.sh');
  const { dashboard: two, page: other } = await another();
  await one.open();
  await two.open();

  // The other user is in the middle of something: a menu is open, with an item in focus.
  const menu = await two.menu('beta');
  await other.keyboard.press('ArrowDown');
  const inFocus = () => other.evaluate(() => document.activeElement?.textContent);
  const item = await inFocus();
  const row = await two.row('beta').elementHandle();

  await one.act(one.primary('alpha'));
  const start = await timed(() => until('alpha running in the other browser', async () => (await two.row('alpha').getAttribute('data-status')) !== 'stopped'));
  assert.ok(start.took < 1000, `shown after ${Math.round(start.took)} ms`);
  await until('alpha started in the other browser', async () => (await two.row('alpha').getAttribute('data-status')) === 'started');
  await one.create('Hello', 'gamma', { start: false });
  await until('gamma in the other browser', () => two.row('gamma').count(), 1000);

  assert.equal(await menu.isVisible(), true, 'the menu is open');
  assert.equal(await inFocus(), item, 'the focus is where it was');
  assert.equal(await two.row('beta').evaluate((now, before) => now === before, row), true, 'the row is the same');

  // And while somebody types.
  await other.keyboard.press('Escape');
  await other.keyboard.press('/');
  await other.keyboard.type('ga');
  await one.choose('alpha', 'Stop');
  await until('alpha stopped in the other browser', async () => (await two.row('alpha').getAttribute('data-status')) === 'stopped', 15_000);
  await other.keyboard.type('mma');
  assert.equal(await other.getByLabel('Search instances').inputValue(), 'gamma');
  assert.equal(await two.rows.filter({ visible: true }).count(), 1);

  await one.choose('gamma', 'Delete');
  await one.press('Move to the trash');
  await until('gamma gone in the other browser', async () => (await two.row('gamma').count()) === 0);
});

stage.scene('a log in view belongs to one run: a restart begins it anew', DESK, async ({ dashboard, server }) => {
  const { id, run } = await server.createStarted('again');
  await dashboard.open();
  await dashboard.choose('again', 'Log');
  await dashboard.logShows(/ready http/);
  // Longer than the next log will be for a while: its size alone would not tell.
  for (const mark of Array(40).keys()) await fetch(`${server.address}/instance/again/api/echo?old=${mark}`);
  await dashboard.logShows(/old=39/);

  await dashboard.choose('again', 'Restart');
  await until('another run', async () => {
    const data = await server.api('GET', `instances/${id}`);
    return data.status === 'started' && data.run !== run;
  });
  await fetch(`${server.address}/instance/again/api/echo?new=1`);
  await dashboard.logShows(/new=1/);
  const lines = await dashboard.logLines();
  assert.deepEqual(lines.filter((line) => /old=|goodbye/.test(line)), [], 'nothing of the former run');
  assert.equal(lines.filter((line) => /ready http/.test(line)).length, 1, lines.join('\n'));
});

stage.scene('a killed server is announced at once; back again, everything goes on', DESK, async ({ page, dashboard, watch, server, shot }) => {
  const before = await server.createStarted('survivor');
  await dashboard.open();
  await dashboard.reaches('survivor', 'started');

  const colour = () => dashboard.row('survivor').locator('.status').evaluate((status) => getComputedStyle(status).color);
  const calm = await colour();

  watch.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
  await server.kill();
  const lost = await timed(() => until('the banner', () => dashboard.banner.isVisible()));
  assert.ok(lost.took < 1000, `shown after ${Math.round(lost.took)} ms`);
  await until('a status without its colour', async () => (await colour()) !== calm);

  await shot('connection lost');

  await server.start();
  const back = await timed(() => until('the connection', () => page.locator('html[data-link=live]').count(), 15_000));
  assert.ok(back.took < 5000, `back after ${Math.round(back.took)} ms`);
  await until('no banner', async () => !(await dashboard.banner.isVisible()));
  await dashboard.reaches('survivor', 'started');
  assert.equal(await colour(), calm);

  const after = await server.instance('survivor');
  assert.equal(after.pid, before.pid, 'the same process');
  assert.ok(after.pid && process.kill(after.pid, 0), 'which is alive');
  await page.goto(`${server.address}/instance/survivor/`);
  await helloIsThere(page, 'survivor');
});

stage.scene('an instance that is to start again by itself says when, and Stop calls it off', DESK, async ({ dashboard, server }) => {
  await server.writeBlueprint('fails.sh', '#!/usr/bin/env bash\nsleep 0.2\nexit 7\n');
  const { id } = await server.create('Fails', 'fails.sh');
  await dashboard.open();
  await dashboard.choose('Fails', 'Edit');
  await dashboard.field('When it ends by itself').selectOption({ label: 'Start it again after a failure' });
  await dashboard.press('Save');
  await dashboard.confirmReview();
  assert.equal((await server.instance('Fails')).restart_policy, 'on-failure');

  await dashboard.choose('Fails', 'Start');
  await dashboard.row('Fails').locator('.status-why').getByText(/exit code 7.*attempt 2 of 8/).waitFor();
  await dashboard.choose('Fails', 'Stop');
  await dashboard.reaches('Fails', 'stopped');
  assert.equal((await server.reach(id, 'stopped')).restart, null);
});
