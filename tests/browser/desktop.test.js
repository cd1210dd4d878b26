// An app in a desktop on the server, seen from a browser: it takes what is typed, it is the same one when somebody comes back,
// and whoever may only look can do no more. Real X server, window manager and programs.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { healthy } from './support/axe.js';
import { DRAWING, LOST, startShell, Viewer } from './support/desktop.js';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
const TEXT = 'Grüße aus Köln 🐙 → ĳ';

/** @typedef {import('./support/stage.js').Visit} Visit */

/** A shell on its screen, ready to be typed into. @param {Visit} visit @param {string} name */
async function atShell({ page, server, watch, dashboard }, name) {
  watch.expect(DRAWING);
  const shell = await startShell(server, name);
  const viewer = new Viewer(page, shell.folder);
  await viewer.open(shell.address);
  assert.equal(await viewer.canvas.evaluate((canvas) => canvas === document.activeElement), true, 'the screen has the keys at once');
  await viewer.awake(dashboard.touch);
  return { ...shell, viewer };
}

/** Another visit to the same shell. @param {Visit} visit @param {{ folder: string, address: string }} shell @param {import('./support/stage.js').ContextOptions} [options] */
async function alsoAt(visit, { folder, address }, options) {
  const other = await visit.another(options);
  other.watch.expect(DRAWING);
  const viewer = new Viewer(other.page, folder);
  await viewer.open(address);
  return viewer;
}

stage.scene('what is typed arrives, and the screen is the same one when its page was closed', DESK, async (visit) => {
  const { page, server, shot } = visit;
  const shell = await atShell(visit, 'Typed into');
  const { viewer } = shell;
  assert.equal(await page.title(), 'Typed into');
  assert.equal(await viewer.run('echo "It\'s {here}: a|b > c"'), "It's {here}: a|b > c");
  // As a keyboard of another layout gives them.
  await page.keyboard.type('echo ');
  await viewer.canvas.evaluate((canvas) => {
    for (const [key, code] of [['ö', 'Semicolon'], ['ß', 'Minus'], ['€', 'KeyE'], ['é', 'Digit2']]) {
      for (const type of ['keydown', 'keyup']) canvas.dispatchEvent(new KeyboardEvent(type, { key, code, bubbles: true, cancelable: true }));
    }
  });
  await page.keyboard.type(' > layout\n');
  assert.equal((await until('the letters', () => viewer.file('layout'))).trim(), 'öß€é');
  await shot('desktop of a shell');

  await page.keyboard.type('kept=42\n');
  await viewer.run('echo');
  const { pid } = await server.instance('Typed into');
  await page.close();
  const again = await alsoAt(visit, shell);
  assert.equal(await again.run('echo $kept'), '42');
  assert.equal((await server.instance('Typed into')).pid, pid);

  // Two look at the same screen: what one types, the other's shell has done too.
  const second = await alsoAt(visit, shell);
  await second.run('echo');
  await again.page.keyboard.type('both=yes\n');
  await again.run('echo');
  assert.equal(await second.run('echo $both'), 'yes');
});

stage.scene('one clipboard by itself, where the browser allows it', { ...DESK, permissions: ['clipboard-read', 'clipboard-write'] }, async (visit) => {
  const { page } = visit;
  const { viewer, folder } = await atShell(visit, 'Clipboard');
  await page.evaluate((text) => navigator.clipboard.writeText(text), TEXT);
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  assert.equal(await viewer.run('xclip -o -selection clipboard'), TEXT);
  await writeFile(join(folder, 'words'), `${TEXT} zurück\nin zwei Zeilen 🎉`);
  await viewer.run('xclip -i -selection clipboard words');
  await until('the text of the screen here', async () => (await page.evaluate(() => navigator.clipboard.readText())) === `${TEXT} zurück\nin zwei Zeilen 🎉`);
  await viewer.control('Clipboard');
  assert.equal(await page.getByLabel('What the clipboard of the screen holds').inputValue(), `${TEXT} zurück\nin zwei Zeilen 🎉`);
});

stage.scene('the clipboard by its panel and by the keys for pasting, where the browser shares nothing', DESK, async (visit) => {
  const { page } = visit;
  const { viewer, folder } = await atShell(visit, 'Panel');
  const box = page.getByLabel('What the clipboard of the screen holds');
  await viewer.control('Clipboard');
  await box.fill(TEXT);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('Sent: it can be pasted on the screen now.').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await viewer.run('xclip -o -selection clipboard'), TEXT);

  await writeFile(join(folder, 'words'), `${TEXT} 🎉`);
  await viewer.run('xclip -i -selection clipboard words');
  await viewer.control('Clipboard');
  await until('the text in the panel', async () => (await box.inputValue()) === `${TEXT} 🎉`);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText('Copied: it can be pasted on this device now.').waitFor();

  // What this device has copied since, pasted by the terminal's own key for it.
  await box.fill('eingefügt 🗝');
  await box.selectText();
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Escape');
  await viewer.pastes('eingefügt 🗝');

  // What was copied on the screen since is what is pasted there: this device's clipboard has no news.
  await writeFile(join(folder, 'words'), 'dort kopiert');
  await viewer.run('xclip -i -selection primary words');
  await until('the news of the screen', async () => (await box.inputValue()) === 'dort kopiert');
  await viewer.pastes('dort kopiert');
});

stage.scene('the screen takes the size of the window, or keeps its own', DESK, async (visit) => {
  const { page } = visit;
  const shell = await atShell(visit, 'Sizes');
  const { viewer } = shell;
  await viewer.becomes('1440 900');
  await page.setViewportSize({ width: 1100, height: 700 });
  await viewer.becomes('1100 700');
  // The keys are below the screen: it gets smaller by as much.
  await viewer.control('Keys');
  const { height } = /** @type {{ height: number }} */ (await viewer.keys.boundingBox());
  await viewer.becomes(`1100 ${700 - Math.round(height)}`);
  await viewer.control('Keys');
  await viewer.becomes('1100 700');

  await viewer.control('Picture');
  await page.getByLabel(/^Fit:/).check();
  await page.getByLabel(/^Low:/).check();
  await page.setViewportSize({ width: 550, height: 700 });
  await until('a smaller picture', async () => Math.round((await viewer.canvas.boundingBox())?.width ?? 0) === 550);
  assert.equal(await viewer.size(), '1100 700', 'its own size');
  await page.getByLabel(/^Real size:/).check();
  await until('the whole size', async () => Math.round((await viewer.canvas.boundingBox())?.width ?? 0) === 1100);
  await page.reload();
  await viewer.connected();
  await viewer.control('Picture');
  assert.equal(await page.getByLabel(/^Low:/).isChecked(), true, 'remembered');
  assert.equal(await page.getByLabel(/^Real size:/).isChecked(), true, 'remembered');
});

stage.scene('by keyboard: the controls are reached, and give the keys back', DESK, async (visit) => {
  const { page } = visit;
  const { viewer } = await atShell(visit, 'Keys');
  await page.keyboard.press('Control+Alt+Shift+M');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Clipboard');
  await page.keyboard.press('Enter');
  await page.getByLabel('What the clipboard of the screen holds').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await viewer.tools.isVisible(), false);
  // No key of the shortcut is still held.
  assert.equal(await viewer.run('echo plain'), 'plain');

  await viewer.control('Keys');
  await viewer.canvas.click({ position: { x: 600, y: 400 } });
  await page.keyboard.type('cat > held\n');
  await viewer.keys.getByRole('button', { name: 'Ctrl, held' }).click();
  await viewer.canvas.click({ position: { x: 600, y: 400 } });
  await page.keyboard.press('c');
  await viewer.keys.getByRole('button', { name: 'Ctrl, held' }).click();
  assert.equal(await viewer.run('echo free'), 'free', 'Ctrl C ended cat');
});

stage.scene('a lost line is opened again, whatever happened meanwhile', { ...DESK, timeout: 120_000 }, async (visit) => {
  const { page, server, watch, shot } = visit;
  const { id, viewer } = await atShell(visit, 'Lost and found');
  watch.expect(LOST);
  watch.expectStatus(503);
  await page.keyboard.type('kept=still\n');
  await viewer.run('echo');
  await server.kill();
  await page.getByText('The connection to the screen was lost.').waitFor();
  await shot('desktop lost');
  await server.start();
  await viewer.connected(20_000);
  assert.equal(await viewer.run('echo $kept'), 'still');

  await server.api('POST', `instances/${id}/stop?wait=true`);
  await page.locator('.status[data-status=stopped]').waitFor();
  await page.getByRole('button', { name: 'Start' }).click();
  await viewer.connected(30_000);
  await viewer.awake();
  assert.equal(await viewer.run('echo "[$kept]"'), '[]', 'another run');
});

stage.scene('on a phone: keys under the thumb, words from its own keyboard', PHONE, async (visit) => {
  const { page } = visit;
  const { viewer } = await atShell(visit, 'Phone');
  await viewer.becomes('390 844');
  await viewer.control('Keys', true);
  const strip = /** @type {{ y: number, height: number }} */ (await viewer.keys.boundingBox());
  assert.equal(Math.round(strip.y + strip.height), 844, 'at the lower edge');
  await viewer.keys.getByRole('button', { name: 'Keyboard of this device' }).tap();
  await page.keyboard.insertText('echo süße 🍋');
  await page.keyboard.insertText('xx');
  for (const key of ['Backspace', 'Backspace']) await page.keyboard.press(key);
  await page.keyboard.insertText(' > done');
  await viewer.keys.getByRole('button', { name: 'Left', exact: true }).tap();
  await page.keyboard.press('Enter');
  assert.equal((await until('the words', () => viewer.file('done'))).trim(), 'süße 🍋');
  await page.keyboard.insertText('cat');
  await page.keyboard.press('Enter');
  await viewer.keys.getByRole('button', { name: 'Ctrl, held' }).tap();
  await page.keyboard.insertText('c');
  await viewer.keys.getByRole('button', { name: 'Ctrl, held' }).tap();
  await page.keyboard.insertText('echo over > over');
  await page.keyboard.press('Enter');
  await until('the end of cat', () => viewer.file('over'));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing beside the screen');
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [size, options] of Object.entries({ desk: DESK, phone: PHONE })) {
    stage.scene(`the controls look right, ${colorScheme}, ${size}`, { ...options, colorScheme, reducedMotion: 'reduce' }, async (visit) => {
      const { page } = visit;
      const { viewer } = await atShell(visit, `Looks ${colorScheme} ${size}`);
      const touch = size === 'phone';
      await healthy(visit, 'desktop');
      for (const name of ['Clipboard', 'Picture']) {
        await viewer.control(name, touch);
        await healthy(visit, `desktop ${name}`);
      }
      await viewer.control('Keys', touch);
      await healthy(visit, 'desktop keys');
      await page.locator('#stage').click({ position: { x: 300, y: 60 } });
      assert.equal(await viewer.tools.isVisible(), false, 'a click on the screen closes them');
    });
  }
}
