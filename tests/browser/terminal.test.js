// The terminal of an instance: a real shell, sessions that outlive the page, and the keys of both.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

// Its shells begin without anybody's own start files.
const stage = setStage({ env: { HOME: tmpdir() } });

/** @typedef {import('playwright-core').Page} Page */

/** What the graphics card would draw nobody can read: here the document draws. @param {Page} page */
const legible = (page) =>
  page.addInitScript(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = /** @type {any} */ (
      /** @this {HTMLCanvasElement} @param {string} kind @param {any[]} rest */
      function (kind, ...rest) {
        return kind === 'webgl2' ? null : Reflect.apply(getContext, this, [kind, ...rest]);
      }
    );
    // So that a test can cut them as a network does.
    const sockets = /** @type {WebSocket[]} */ ([]);
    Object.assign(globalThis, {
      sockets,
      WebSocket: class extends WebSocket {
        /** @param {string|URL} url */
        constructor(url) {
          super(url);
          sockets.push(this);
        }
      },
    });
  });

/** The lines that are in sight. @param {Page} page */
const screen = async (page) => (await page.locator('.terminal-pane .xterm-rows > div').allTextContents()).map((line) => line.replaceAll('\u00a0', ' ').trimEnd());
/** @param {Page} page @param {RegExp} pattern @param {number} [timeout] */
const shows = (page, pattern, timeout) => until(`${pattern} on the screen`, async () => pattern.test((await screen(page)).join('\n')), timeout);
/** @param {Page} page */
const isInTerminal = (page) => page.evaluate(() => document.activeElement?.classList.contains('xterm-helper-textarea') ?? false);
/** @param {Page} page */
const live = (page) => page.locator('.terminal-pane[data-state=live]').waitFor();
/** @param {Page} page @param {string|RegExp} name */
const session = (page, name) => page.getByRole('tablist', { name: 'Terminals' }).getByRole('tab', { name, exact: typeof name === 'string' });

stage.scene('a shell in the folder, focused at once; it outlives a reload, a lost network and a restart is said', { ...DESK, timeout: 90_000 }, async ({ page, dashboard, server, watch, shot }) => {
  watch.expect(/WebSocket connection to/, /ERR_INTERNET_DISCONNECTED/, /ERR_CONNECTION_REFUSED/, /ERR_INCOMPLETE_CHUNKED_ENCODING/, /ERR_NETWORK_CHANGED/, /ERR_CONNECTION_RESET/);
  await legible(page);
  const { id } = await server.create('Shelly', 'hello.sh');
  await dashboard.open();
  await dashboard.row('Shelly').focus();
  await page.keyboard.press('j');
  await live(page);
  await until('the focus in the terminal', () => isInTerminal(page));
  // Keys of the page are the shell's now: n would open a dialog, ? the help.
  await page.keyboard.type('echo "$(pwd) n?e"');
  await page.keyboard.press('Enter');
  await shows(page, /instances\/Shelly n\?e/);
  assert.equal(await page.getByRole('dialog').count(), 0);
  // Escape and Ctrl+K reach the shell.
  await page.keyboard.type('cat -v');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Enter');
  await shows(page, /\^\[\^K/);
  await page.keyboard.press('Control+d');
  await page.keyboard.type('for i in $(seq 1 200); do echo "row $i"; done; stty size; mark=kept');
  await page.keyboard.press('Enter');
  await shows(page, /row 200/);
  const size = (await screen(page)).find((line) => /^\d+ \d+$/.test(line)) ?? '';
  const [rows, cols] = size.split(' ').map(Number);
  assert.equal(rows, (await screen(page)).length, 'the shell knows how many lines there are');
  assert.ok(cols > 60, size);
  await shot('terminal');

  // The same shell after a reload, with what it had printed.
  await page.reload();
  await dashboard.live();
  await live(page);
  await shows(page, /row 200/);
  await page.locator('.terminal-pane .xterm').click();
  await page.keyboard.type('echo "still $mark"');
  await page.keyboard.press('Enter');
  await shows(page, /still kept/);

  // Search goes through all of it.
  await page.keyboard.press('Control+Shift+F');
  const field = page.getByLabel('Find in the terminal');
  await field.fill('row 13');
  await until('eleven matches', async () => (await page.locator('.find-count').filter({ visible: true }).textContent())?.endsWith('/11'));
  await shows(page, /row 13\d/);
  await shot('terminal find');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await until('the focus back', () => isInTerminal(page));

  // A network that goes: said at once, and it goes on where it was.
  await page.keyboard.type('clear; for i in $(seq 1 60); do echo "tick $i"; sleep 0.05; done');
  await page.keyboard.press('Enter');
  await shows(page, /tick 3\n/);
  await page.evaluate(() => {
    // Playwright's own switch leaves open sockets alone.
    for (const socket of /** @type {any} */ (globalThis).sockets) socket.close();
  });
  await live(page);
  await shows(page, /tick 60/, 15_000);
  const seen = (await screen(page)).filter((line) => line.startsWith('tick '));
  const first = Number(seen[0].slice(5));
  assert.deepEqual(seen, Array.from({ length: seen.length }, (_, at) => `tick ${first + at}`), 'no gap, nothing twice');

  // A server that was started anew has another shell to offer.
  await server.kill();
  await page.locator('.terminal-pane[data-state=lost]').waitFor();
  await page.getByText('The connection is lost. Reconnecting…').waitFor();
  await shot('terminal lost');
  await server.start();
  await page.getByText('This terminal is gone').waitFor({ timeout: 20_000 });
  await page.locator('.terminal-note').getByRole('button', { name: 'New terminal' }).click();
  await live(page);
  await until('the focus in the new one', () => isInTerminal(page));
  await page.keyboard.type('echo fresh $((20+22))');
  await page.keyboard.press('Enter');
  await shows(page, /fresh 42/);
  assert.equal((await server.api('GET', `instances/${id}/terminals`)).length, 1);
});

stage.scene('several sessions, named, ended with a question when something runs; a paste of a megabyte', { ...DESK, timeout: 90_000 }, async ({ page, dashboard, server, shot }) => {
  await legible(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const { id } = await server.create('Many', 'hello.sh');
  await dashboard.open();
  await dashboard.choose('Many', 'Terminal');
  await live(page);
  await until('the focus in the terminal', () => isInTerminal(page));

  // Pasted from the browser's clipboard into a program that takes it as it is.
  const text = Array.from({ length: 1 << 17 }, (_, at) => String(at % 10_000_000).padStart(8, '0')).join('');
  assert.equal(text.length, 1 << 20);
  await page.keyboard.type('stty raw -echo; head -c 1048576 > pasted; stty sane; echo whole $((6*7))');
  await page.keyboard.press('Enter');
  await until('a program that reads', async () => (await server.api('GET', `instances/${id}/terminals`))[0]?.program === 'head');
  await page.evaluate((all) => navigator.clipboard.writeText(all), text);
  await page.keyboard.press('Control+Shift+V');
  await shows(page, /whole 42/, 20_000);
  assert.ok((await readFile(join(server.folder, 'instances/Many/pasted'), 'utf8')) === text, 'byte for byte');

  // What is selected is copied.
  await page.keyboard.type('clear; echo copied-$((6*7))');
  await page.keyboard.press('Enter');
  await shows(page, /^copied-42/m);
  const line = await page.locator('.terminal-pane .xterm-rows > div').filter({ hasText: /^copied-42/ }).first().boundingBox();
  assert.ok(line);
  await page.mouse.dblclick(line.x + 20, line.y + line.height / 2);
  await page.keyboard.press('Control+Shift+C');
  await until('a copy', async () => (await page.evaluate(() => navigator.clipboard.readText())).trim() === 'copied-42');

  await page.getByRole('tabpanel', { name: 'Terminal of Many' }).getByRole('button', { name: 'New terminal' }).click();
  await session(page, 'Shell 2').and(page.locator('[aria-selected=true]')).waitFor();
  await live(page);
  await session(page, 'Shell').dblclick();
  await page.getByLabel('Name of Shell', { exact: true }).fill('downloads');
  await page.keyboard.press('Enter');
  await session(page, 'downloads').waitFor();
  await until('its name on the server', async () => (await server.api('GET', `instances/${id}/terminals`))[0].name === 'downloads');
  await page.keyboard.press('Enter');
  await until('the focus on its tab', () => page.evaluate(() => document.activeElement?.getAttribute('role') === 'tab'));
  await page.keyboard.press('ArrowRight');
  await session(page, 'Shell 2').and(page.locator('[aria-selected=true]')).waitFor();

  await page.locator('.terminal-pane .xterm').click();
  await page.keyboard.type('sleep 1000');
  await page.keyboard.press('Enter');
  await until('what runs', async () => (await server.api('GET', `instances/${id}/terminals`))[1].program === 'sleep');
  // Out of the terminal by keyboard, and the session ended.
  await page.keyboard.press('Shift+Escape');
  await page.keyboard.press('Delete');
  await dashboard.dialog.getByText('sleep is running in it').waitFor();
  await shot('terminal end');
  await dashboard.press('End it');
  await session(page, 'Shell 2').waitFor({ state: 'detached' });
  await until('one on the server', async () => (await server.api('GET', `instances/${id}/terminals`)).length === 1);
  await until('the focus in the other', () => isInTerminal(page));
  await page.keyboard.type('false');
  await page.keyboard.press('Enter');
  await page.keyboard.type('exit 3');
  await page.keyboard.press('Enter');
  await page.getByText('The shell has ended with exit code 3.').waitFor();
  await page.locator('.terminal-note').getByRole('button', { name: 'New terminal' }).click();
  await live(page);
  await page.keyboard.type('exit 0');
  await page.keyboard.press('Enter');
  await page.getByText('No terminal is open.').waitFor();
  await page.locator('.terminal-nothing').getByRole('button', { name: 'New terminal' }).click();
  await live(page);
  assert.equal((await server.api('GET', `instances/${id}/terminals`)).length, 1);
});

stage.scene('with whatever draws it, in a window of its own', DESK, async ({ page, server, watch, shot }) => {
  // Chromium without a graphics card, when a picture is taken.
  watch.expect(/GPU stall due to ReadPixels/);
  const { slug, name } = await server.create('Drawn', 'hello.sh');
  await page.goto(`${server.address}/?tool=terminal&instance=${slug}`);
  await live(page);
  await until('the focus in the terminal', () => isInTerminal(page));
  await page.keyboard.type('stty size > drawn');
  await page.keyboard.press('Enter');
  const size = await until('what the shell wrote', () => readFile(join(server.folder, 'instances', name, 'drawn'), 'utf8'));
  const [rows, cols] = size.split(' ').map(Number);
  assert.ok(rows > 30 && cols > 120, `all of the window: ${size}`);
  // The last line is not cut off.
  const [screenBox, stageBox] = [await page.locator('.xterm-screen').boundingBox(), await page.locator('.terminal-stage').boundingBox()];
  assert.ok(screenBox && stageBox && screenBox.y + screenBox.height <= stageBox.y + stageBox.height && screenBox.x + screenBox.width <= stageBox.x + stageBox.width);
  await shot('terminal drawn');
});

for (const [screenOf, colorScheme] of /** @type {const} */ ([[DESK, 'dark'], [PHONE, 'light']])) {
  const width = screenOf.viewport.width;
  stage.scene(`the terminal at ${width}, ${colorScheme}: readable, reachable, with keys for fingers`, { ...screenOf, colorScheme }, async (visit) => {
    const { page, dashboard, server } = visit;
    await legible(page);
    const name = `Look ${colorScheme} ${width}`;
    await server.create(name, 'hello.sh');
    await dashboard.open();
    await dashboard.choose(name, 'Terminal');
    await live(page);
    await page.locator('.terminal-pane .xterm').click();
    await until('the focus in the terminal', () => isInTerminal(page));
    await page.keyboard.type("printf '\\033[3%sm colour \\033[0m' 1 2 3 4 5 6; echo; echo http://127.0.0.1/a-link; ls -la");
    await page.keyboard.press('Enter');
    await shows(page, /a-link\n/);
    if (screenOf === PHONE) {
      await page.keyboard.type('cat -v');
      await page.keyboard.press('Enter');
      const keys = page.getByRole('group', { name: 'Keys' });
      await keys.getByRole('button', { name: 'Esc' }).tap();
      await keys.getByRole('button', { name: 'Up' }).tap();
      await keys.getByRole('button', { name: 'Ctrl, with the next letter' }).tap();
      assert.equal(await isInTerminal(page), true, 'the focus stays');
      await page.keyboard.type('b');
      await shows(page, /\^\[\^\[\[A\^B/);
      await keys.getByRole('button', { name: 'Ctrl, with the next letter' }).tap();
      await page.keyboard.type('c');
    } else {
      await page.getByRole('button', { name: 'Larger letters' }).click();
      await page.getByRole('button', { name: 'New terminal' }).click();
      await session(page, 'Shell 2').waitFor();
      await live(page);
    }
    await healthy(visit, 'terminal');
  });
}
