// Logs as a person meets them: drawn as a terminal draws, followed, held, searched, and every line once whatever happens.
import assert from 'node:assert/strict';
import { access, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { cutAtTimes, LineBreaks, Returns } from '../../assets/js/logs/places.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
/** @typedef {import('./support/server.js').Server} Server */
/** @typedef {import('./support/dashboard.js').Dashboard} Dashboard */

// Prints what it is given, a file at a time.
const PARROT = [
  '#!/bin/bash',
  '### AIKORE-METADATA-START ###',
  '# aikore.ready = process',
  '### AIKORE-METADATA-END ###',
  'echo "parrot is here"',
  'while :; do if mv say.next said 2>/dev/null; then cat said; fi; sleep 0.05; done',
  '',
].join('\n');

/** A parrot that runs. @param {Server} server @param {string} name */
async function parrot(server, name) {
  await server.writeBlueprint('parrot.sh', PARROT);
  return server.createStarted(name, 'parrot.sh');
}

/** Has it print a text. @param {Server} server @param {string} name @param {string} text */
async function say(server, name, text) {
  const folder = join(server.folder, 'instances', name);
  await writeFile(join(folder, 'say.draft'), text);
  await rename(join(folder, 'say.draft'), join(folder, 'say.next'));
  await until('the text taken', () => access(join(folder, 'say.next')).then(() => false, () => true));
}

/** @param {number} from @param {number} to @param {string} [word] */
const numbered = (from, to, word = 'row') => Array.from({ length: to - from + 1 }, (_, n) => `${word} ${from + n}\n`).join('');

/** @param {Dashboard} dashboard @param {string} name */
async function openLog(dashboard, name) {
  await dashboard.open();
  await dashboard.choose(name, 'Log');
  await dashboard.logShows(/parrot is here/);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

test('lines that are drawn anew are cut at the margin, wherever the bytes were cut', () => {
  const cut = '\x1b[?7l';
  const wrap = '\x1b[?7h';
  for (const [text, shown] of [
    ['plain\nlines\n', 'plain\nlines\n'],
    ['dos\r\nlines\r\n', 'dos\r\nlines\r\n'],
    ['a\r\r\nb\n', 'a\r\r\nb\n'],
    ['10%\r20%\r30', `10%\r${cut}20%\r30`],
  ]) {
    for (let at = 0; at <= text.length; at += 1) {
      const returns = new Returns();
      const all = [text.slice(0, at), text.slice(at)].map((piece) => decoder.decode(returns.fit(encoder.encode(piece)))).join('');
      assert.equal(all, shown, `${JSON.stringify(text)} at ${at}`);
    }
  }
  assert.equal(decoder.decode(new Returns().fit(encoder.encode('10%\r20%\rdone\nnext\n'))), `10%\r${cut}20%\r${wrap}done\nnext\n`, 'what stays is shown whole');
});

test('the places of lines, and where their times are set', () => {
  const breaks = new LineBreaks(3);
  breaks.begin(100);
  breaks.add(encoder.encode('a\nbb\n'), 100);
  breaks.add(encoder.encode('ccc\nd'), 105);
  assert.deepEqual([0, 1, 2, 3].map((lines) => breaks.back(lines)), [109, 105, 102, 100]);
  breaks.add(encoder.encode('\n\n'), 110);
  assert.equal(breaks.back(9), 100, 'before the first');
  const pieces = cutAtTimes(encoder.encode('one\ntwo\nthree\n'), 50, [[40, 1000], [54, 1900], [58, 2100], [90, 9000]], -1);
  assert.deepEqual(pieces.map(({ bytes, time }) => [decoder.decode(bytes), time]), [['one\ntwo\n', 1000], ['three\n', 2100]]);
});

stage.scene('a log looks as in a terminal, and is searched, timed, wrapped, copied, cleared and downloaded', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, dashboard, server, shot }) => {
  const long = `long ${'x'.repeat(300)} end`;
  await parrot(server, 'poll');
  await openLog(dashboard, 'poll');
  await say(server, 'poll', `\x1b[31mred\x1b[0m and <b>not bold</b>\n 10%\r 50%\r100%\nfirst\nsecond\x1b[A\x1b[2K\rabove\n\nsee ${server.address}/healthz\n${long}\nneedle 1\nneedle 2\nü€👍\n`);
  await dashboard.logShows(/^ü€👍$/);
  const lines = await dashboard.logLines();
  assert.deepEqual(lines.slice(1, 6), ['red and <b>not bold</b>', '100%', 'above', 'second', `see ${server.address}/healthz`], lines.join('\n'));
  assert.ok(lines.includes(long), 'a wrapped line is one line');
  assert.equal(await dashboard.log.locator('.xterm-rows .xterm-fg-1').first().textContent(), 'red');
  assert.equal(await dashboard.log.locator('b').count(), 0);

  // A link opens beside.
  const link = await page.locator('.xterm-rows > div').filter({ hasText: '/healthz' }).boundingBox();
  assert.ok(link);
  await page.mouse.move(link.x + 70, link.y + 6);
  await page.mouse.move(link.x + 72, link.y + 8);
  await page.locator('.xterm-cursor-pointer').waitFor();
  const opened = page.context().waitForEvent('page');
  await page.mouse.click(link.x + 72, link.y + 8);
  const beside = await opened;
  await until('its address', () => beside.url() === `${server.address}/healthz`);
  await beside.close();
  await page.bringToFront();

  // Found from the end, counted, stepped through.
  await dashboard.log.press('/');
  const find = page.getByLabel('Find in log');
  assert.equal(await find.evaluate((input) => input === document.activeElement), true);
  const count = page.locator('.find-count');
  await find.fill('needle');
  await until('two found', async () => (await count.textContent()) === '2/2');
  await find.press('Shift+Enter');
  await until('the first', async () => (await count.textContent()) === '1/2');
  await find.fill('nowhere to be found');
  await until('none', async () => (await count.textContent()) === 'none');
  await find.press('Escape');
  await find.press('Escape');
  assert.equal(await dashboard.log.evaluate((log) => log === document.activeElement), true, 'back in the log');

  await until('nothing marked', async () => (await page.locator('.xterm-selection > div').count()) === 0);

  // The time of each line, none beside what was only wrapped.
  const times = page.locator('.log-time');
  await page.getByRole('button', { name: 'Times of the lines' }).click();
  await until('times', async () => (await times.allTextContents()).filter((time) => /^\d\d:\d\d:\d\d$/.test(time)).length >= 8);
  const shown = await times.allTextContents();
  const rows = await page.locator('.xterm-rows > div').allTextContents();
  const longAt = rows.findIndex((row) => row.startsWith('long '));
  assert.ok(shown[longAt] && !shown[longAt + 1], `${longAt}: ${JSON.stringify(shown)}`);
  const [mark, row] = await Promise.all([times.nth(longAt).boundingBox(), page.locator('.xterm-rows > div').nth(longAt).boundingBox()]);
  assert.ok(mark && row && Math.abs(mark.y - row.y) < 2, `${mark?.y} beside ${row?.y}`);

  // Not wrapped, it is one row.
  const wrap = page.getByRole('button', { name: 'Wrap long lines' });
  await wrap.click();
  await until('one row', async () => (await page.locator('.xterm-rows > div').allTextContents()).some((text) => text.trimEnd() === long));
  assert.ok(await page.locator('.log-box').evaluate((box) => box.scrollWidth > box.clientWidth), 'there is more to the side');
  await shot('log not wrapped, with times');
  await wrap.click();
  await page.getByRole('button', { name: 'Times of the lines' }).click();

  await page.getByRole('button', { name: /^Copy what is selected/ }).click();
  const copied = await until('a copy', () => page.evaluate(() => navigator.clipboard.readText()));
  assert.ok(copied.startsWith('parrot is here\nred and <b>') && copied.endsWith('ü€👍'), copied);
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the log' }).click();
  const text = await readFile(await (await saved).path(), 'utf8');
  assert.ok(text.startsWith('parrot is here\n\x1b[31mred') && text.endsWith('ü€👍\n'), text);

  // Cleared here only, and taken back.
  await page.getByRole('button', { name: /^Clear the view/ }).click();
  await until('an empty view', async () => (await dashboard.logLines()).join('') === '');
  await say(server, 'poll', 'after\n');
  await until('only what came after', async () => (await dashboard.logLines()).join('|') === 'after');
  await page.getByText(/Cleared in this view only/).waitFor();
  await page.getByRole('button', { name: 'Show them again' }).click();
  await until('all of it', async () => (await dashboard.logLines()).length > 8);
  assert.equal((await dashboard.logLines()).filter((line) => line === 'after').length, 1);
});

stage.scene('a log follows its end, and is held where it is read', DESK, async ({ page, dashboard, server, shot }) => {
  await parrot(server, 'rows');
  await openLog(dashboard, 'rows');
  const follow = page.getByRole('button', { name: 'Follow the end (f)' });
  const firstRow = async () => (await page.locator('.xterm-rows > div').first().textContent())?.trim();
  await say(server, 'rows', numbered(1, 200));
  await until('its end', async () => (await page.locator('.xterm-rows').textContent())?.includes('row 200'));
  assert.equal(await follow.getAttribute('aria-pressed'), 'true');
  await dashboard.log.press('Home');
  await until('held', async () => (await follow.getAttribute('aria-pressed')) === 'false');
  await until('the beginning', async () => (await firstRow()) === 'parrot is here');
  await say(server, 'rows', numbered(201, 250));
  const pill = page.locator('.log-pill');
  await until('what is new', async () => (await pill.textContent())?.startsWith('50 new lines below'));
  assert.equal(await firstRow(), 'parrot is here', 'it stays where it is read');
  await shot('log held, with new lines below');
  await pill.click();
  await until('its end again', async () => (await page.locator('.xterm-rows').textContent())?.includes('row 250'));
  await until('followed', async () => (await follow.getAttribute('aria-pressed')) === 'true');
  // Held at the very end.
  await follow.click();
  const held = await firstRow();
  await say(server, 'rows', numbered(251, 300));
  await dashboard.logShows(/^row 300$/);
  assert.equal(await firstRow(), held);
  await dashboard.log.press('End');
  await until('followed by the key', async () => (await page.locator('.xterm-rows').textContent())?.includes('row 300'));
  assert.equal(await pill.isVisible(), false);
});

stage.scene('a restart shows the new run, and earlier ones are kept to be chosen', DESK, async ({ page, dashboard, server, shot }) => {
  const { id, run } = await parrot(server, 'twice');
  await openLog(dashboard, 'twice');
  await say(server, 'twice', 'of the first run\n');
  await dashboard.logShows(/^of the first run$/);
  await server.api('POST', `instances/${id}/restart?wait=true`);
  await until('the new run alone', async () => (await dashboard.logLines()).join('|') === 'parrot is here');
  const select = page.getByLabel('Run', { exact: true });
  await until('both runs', async () => (await select.locator('option').count()) === 2);
  assert.match((await select.locator('option').nth(1).textContent()) ?? '', /^Run 1 · .+ · ended by signal 15 · \d+ B$/);
  await shot('log of two runs');
  await select.selectOption(String(run));
  await until('the former run', async () => (await dashboard.logLines()).join('|') === 'parrot is here|of the first run');
  assert.match((await page.getByRole('link', { name: 'Download the log' }).getAttribute('href')) ?? '', new RegExp(`run=${run}`));
  await say(server, 'twice', 'of the second run\n');
  await select.selectOption('');
  await until('the present run', async () => (await dashboard.logLines()).join('|') === 'parrot is here|of the second run');
});

stage.scene('a server that is killed and comes back: no line is missing or doubled', DESK, async ({ page, dashboard, server, watch }) => {
  await parrot(server, 'lasting');
  await openLog(dashboard, 'lasting');
  await say(server, 'lasting', numbered(1, 500));
  await dashboard.logShows(/^row 500$/);
  watch.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|net::ERR_|WebSocket connection to/);
  await server.kill();
  await say(server, 'lasting', numbered(501, 900));
  await page.getByText(/Trying again…/).first().waitFor();
  await server.start();
  await dashboard.live(20_000);
  await say(server, 'lasting', numbered(901, 1000));
  await dashboard.logShows(/^row 1000$/, 20_000);
  const rows = (await dashboard.logLines()).filter((line) => line.startsWith('row'));
  assert.equal(rows.join('\n'), numbered(1, 1000).trimEnd());
  await until('nothing to complain of', async () => !(await page.locator('.log-note').isVisible()));
});

stage.scene('a log of a gigabyte opens at its end, and is read backwards in parts', DESK, async ({ page, dashboard, server, shot }) => {
  const size = 2 ** 30;
  await server.create('huge', 'hello.sh');
  const folder = join(server.folder, 'instances/huge/output.logs');
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, '1.abc.0.log'), 'w');
  const text = Array.from({ length: 300_000 }, (_, n) => `${String(n).padStart(7, '0')}\n`).join('');
  await file.write(text, size - text.length);
  await file.close();
  await dashboard.open();
  await dashboard.choose('huge', 'Log');
  const begun = performance.now();
  await dashboard.logShows(/^0299999$/);
  console.log(`  the end of 1 GiB after ${Math.round(performance.now() - begun)} ms`);
  const first = Number((await dashboard.logLines())[0]);
  assert.ok(first >= 278_000 && first <= 280_001, String(first));
  await page.getByText('Earlier lines are not shown here.').waitFor();
  await page.getByRole('button', { name: 'Earlier lines' }).click();
  const before = await until('the part before', async () => {
    const lines = (await dashboard.logLines()).map(Number);
    return lines.at(-1) === first - 1 && lines;
  });
  assert.ok(before.every((line, at) => line === before[0] + at), 'every line of it');
  await page.getByText(/A part of the log: 1,02\d\.\d to 1,02\d\.\d of 1,024\.0 MB\./).waitFor();
  await shot('a part of a huge log');
  await page.getByRole('button', { name: 'To the end' }).click();
  await dashboard.logShows(/^0299999$/);
});

stage.scene('the server’s own log', DESK, async ({ page, dashboard, server, shot }) => {
  await dashboard.open();
  await page.getByRole('group', { name: 'Open a tool' }).getByRole('button', { name: 'Server log' }).click();
  await dashboard.logShows(/INFO ready: http/);
  await server.create('told-of', 'hello.sh');
  await dashboard.logShows(/created .*name=told-of/);
  await shot('the server’s own log');
});

stage.scene('a log on a phone: bars that are drawn anew stay one line', PHONE, async ({ page, dashboard, server, shot }) => {
  await parrot(server, 'small');
  await openLog(dashboard, 'small');
  const bar = (/** @type {number} */ percent) => `${percent}% ${'#'.repeat(100)}`;
  await say(server, 'small', `\r${bar(1)}`);
  await dashboard.logShows(/^1% #/);
  await say(server, 'small', `\r${bar(50)}`);
  await dashboard.logShows(/^50% #/);
  assert.equal((await dashboard.logLines()).filter((line) => line.includes('%')).length, 1);
  await say(server, 'small', `\r${bar(100)}\n${numbered(1, 40)}`);
  await dashboard.logShows(/^row 40$/);
  assert.ok((await dashboard.logLines()).includes(bar(100)), 'as it stays, it is shown whole');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
  await shot('log on a phone');
});
