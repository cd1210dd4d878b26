// The editor of an instance and the blueprints, in the hands of a person.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { healthy } from '../support/axe.js';
import { content, press, scriptOf, shown, state, strip, type, withScript } from '../support/editor.js';
import { DESK, PHONE, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';

const stage = setStage();

/** A header that nothing is wrong with. */
const HEADER = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Small
# aikore.category = Tools
# aikore.description = Says a word and serves a page.
# aikore.ready = tcp
### AIKORE-METADATA-END ###
`;
/** @param {string} word what it says at its start */
const app = (word) => `${HEADER}echo "${word}"\nexec python3 -m http.server --bind 127.0.0.1 "$WEBUI_PORT"\n`;

stage.scene('what is typed is saved by Ctrl S, and outlives tabs, reloads and a server that is away', DESK, async ({ page, dashboard, server, watch }) => {
  await withScript(server, 'Writer', 'echo one\n');
  await dashboard.open();
  await dashboard.row('Writer').focus();
  await page.keyboard.press('i');
  await until('the text', async () => (await shown(page)).includes('echo one'));
  // Letters that are shortcuts of the dashboard are letters here.
  await type(page, 'n?xdst/ ok');
  await state(page, 'Unsaved');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.keyboard.press('Control+s');
  await state(page, /^Saved /);
  assert.equal(await readFile(scriptOf(server, 'Writer'), 'utf8'), 'echo one\nn?xdst/ ok');

  // Another tab, another file, a reload in the very moment after the last key.
  await type(page, '\n# kept');
  await page.locator('.launch').getByRole('button', { name: 'Trash' }).click();
  await page.getByRole('tab', { name: 'Editor of Writer' }).click();
  await until('the edit', async () => (await shown(page)).includes('# kept'));
  await page.locator('.editor-file').selectOption('requirements.txt');
  await until('another file', async () => !(await shown(page)).includes('# kept'));
  assert.match((await page.locator('.editor-file option').first().textContent()) ?? '', /^● launch\.sh/);
  await page.locator('.editor-file').selectOption('launch.sh');
  await type(page, ' and more');
  await page.reload();
  await dashboard.live();
  await strip(page, 'Unsaved edits from').waitFor();
  assert.ok((await shown(page)).includes('# kept and more'));
  assert.equal(await readFile(scriptOf(server, 'Writer'), 'utf8'), 'echo one\nn?xdst/ ok', 'nothing was saved by itself');

  // Without a server nothing is lost either.
  watch.expect(/ERR_CONNECTION_REFUSED/, /ERR_INCOMPLETE_CHUNKED_ENCODING/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /ERR_SOCKET_NOT_CONNECTED/);
  await server.kill();
  await content(page).click();
  await page.keyboard.press('Control+s');
  await strip(page, 'Your edits are kept here').waitFor();
  await server.start();
  await dashboard.live(20_000);
  await strip(page, 'Not saved').getByRole('button', { name: 'Try again' }).click();
  await state(page, /^Saved /);
  assert.match(await readFile(scriptOf(server, 'Writer'), 'utf8'), /# kept and more$/);
  await page.reload();
  await dashboard.live();
  await until('the text', async () => (await shown(page)).includes('# kept and more'));
  assert.equal(await strip(page, 'Unsaved edits').count(), 0);

  // Brought back and not wanted.
  await type(page, 'no');
  await state(page, 'Unsaved');
  await page.reload();
  await dashboard.live();
  await strip(page, 'Unsaved edits from').getByRole('button', { name: 'Discard' }).click();
  await until('what is saved', async () => (await shown(page)).endsWith('# kept and more'));

  // Out of the text by keyboard.
  await content(page).click();
  await page.keyboard.press('Tab');
  assert.equal(await content(page).evaluate((one) => one.contains(document.activeElement)), true, 'Tab indents');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.equal(await content(page).evaluate((one) => one.contains(document.activeElement)), false, 'Esc, then Tab leaves');
});

stage.scene('what somebody else writes meanwhile is shown, compared and merged', DESK, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  await withScript(server, 'Shared', 'first\nmiddle\nlast\n');
  await dashboard.open();
  await dashboard.choose('Shared', 'Editor');
  await until('the text', async () => (await shown(page)).includes('middle'));
  // Nothing was typed: the new text is simply there.
  await writeFile(scriptOf(server, 'Shared'), 'first\nmiddle\nlast again\n');
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await until('the new text', async () => (await shown(page)).includes('last again'));
  await state(page, 'Changed on the disk, shown anew');

  await content(page).locator('.cm-line').first().click();
  await page.keyboard.press('Home');
  await page.keyboard.type('my ');
  await writeFile(scriptOf(server, 'Shared'), 'first\nmiddle\ntheir last\n');
  watch.expectStatus(409, '/file');
  await page.keyboard.press('Control+s');
  const conflict = strip(page, 'was changed on the disk');
  await conflict.waitFor();
  assert.equal(await readFile(scriptOf(server, 'Shared'), 'utf8'), 'first\nmiddle\ntheir last\n');
  await page.keyboard.press('Control+s');
  await conflict.getByRole('button', { name: 'Show the difference' }).click();
  await page.locator('.cm-deletedChunk').first().waitFor();
  await healthy(visit, 'editor conflict');
  // Theirs in one place, mine in the other.
  await page.locator('.cm-chunkButtons').last().getByRole('button', { name: 'Take theirs' }).click();
  await until('both', async () => (await shown(page)) === 'my first\nmiddle\ntheir last\n');
  await conflict.getByRole('button', { name: 'Save mine' }).click();
  await state(page, /^Saved /);
  assert.equal(await readFile(scriptOf(server, 'Shared'), 'utf8'), 'my first\nmiddle\ntheir last\n');

  // Gone altogether.
  await rm(scriptOf(server, 'Shared'));
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await strip(page, 'is no longer on the disk').getByRole('button', { name: 'Save it anew' }).click();
  await state(page, /^Saved /);
  assert.equal(await readFile(scriptOf(server, 'Shared'), 'utf8'), 'my first\nmiddle\ntheir last\n');
});

stage.scene('problems stand in the gutter, former texts come back, and what is no text is told', DESK, async (visit) => {
  const { page, dashboard, server, watch } = visit;
  const { id } = await withScript(server, 'Past', app('one'));
  await server.api('PUT', `instances/${id}/file?file_type=script`, { content: app('two') });
  await server.api('PUT', `instances/${id}/file?file_type=script`, { content: app('three') });
  await writeFile(join(server.folder, 'instances/Past/binary.txt'), Buffer.from([80, 0, 1]));
  await writeFile(join(server.folder, 'instances/Past/huge.txt'), 'x'.repeat(2_200_000));
  await dashboard.open();
  await dashboard.choose('Past', 'Editor');
  await page.getByText('No problems').filter({ visible: true }).waitFor();
  await type(page, 'if true; then\n');
  await page.locator('.cm-lint-marker-error').first().waitFor();
  const problems = page.locator('.editor-problems').filter({ visible: true });
  await problems.filter({ hasText: /problem/ }).click();
  await page.locator('.cm-panel-lint').getByText('unexpected end of file').waitFor();
  await healthy(visit, 'editor problems');
  await press(page, 'History: the last saves').click();
  await dashboard.dialog.getByRole('button', { name: /Found on the disk/ }).click();
  await dashboard.dialog.locator('.cm-insertedLine, .cm-changedLine').first().waitFor();
  await healthy(visit, 'editor history');
  await dashboard.press('Bring it back');
  await dashboard.dialog.waitFor({ state: 'detached' });
  assert.equal(await readFile(scriptOf(server, 'Past'), 'utf8'), app('one'));
  await until('the former text', async () => (await shown(page)).includes('echo "one"'));
  // What was typed before is one undo away.
  await content(page).click();
  await page.keyboard.press('Control+z');
  await until('the edit', async () => (await shown(page)).includes('if true; then'));
  await page.keyboard.press('Control+y');
  // Against the blueprint it came from.
  await page.locator('.editor-compare').selectOption({ label: 'Compare with hello.sh' });
  await page.locator('.cm-deletedChunk').first().waitFor();
  await page.locator('.editor-compare').selectOption('nothing');
  await until('no difference shown', async () => (await page.locator('.cm-deletedChunk').count()) === 0);
  // Find.
  await content(page).click();
  await page.keyboard.press('Control+f');
  await page.locator('.cm-search').getByPlaceholder('Find').pressSequentially('WEBUI');
  await page.locator('.cm-searchMatch').first().waitFor();
  await page.keyboard.press('Escape');

  watch.expectStatus(422, '/file');
  for (const [file, words] of [['binary.txt', 'is not a text'], ['huge.txt', 'is too large for the editor']]) {
    await server.api('GET', `instances/${id}/file/editable`);
    if (file === 'huge.txt') await page.evaluate(([key]) => sessionStorage.setItem(key, '"huge.txt"'), [`aikore.editor.${id}`]).then(() => page.reload());
    else await page.locator('.editor-file').selectOption(file);
    await strip(page, words).waitFor();
    assert.equal(await press(page, 'Save').isDisabled(), true);
  }
});

stage.scene('saved and restarted, saved as a blueprint; blueprints are renamed, deleted and put back', { ...DESK, timeout: 120_000, permissions: ['clipboard-read', 'clipboard-write'] }, async (visit) => {
  // Where something is typed over a selection the browser gives it the styles of what was there. Our policy refuses that, and
  // the editor takes the text alone.
  visit.watch.expect(/^console error: Applying inline style violates/);
  const { page, dashboard, server } = visit;
  const { id } = await withScript(server, 'Runner', app('one'));
  await server.api('POST', `instances/${id}/start`);
  const { run } = await server.reach(id, 'started');
  await dashboard.open();
  await dashboard.choose('Runner', 'Editor');
  await until('the text', async () => (await shown(page)).includes('echo "one"'));
  await content(page).locator('.cm-line', { hasText: 'echo' }).click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('touch was-here');
  await press(page, 'Save & restart').click();
  await until('another run', async () => {
    const now = await server.api('GET', `instances/${id}`);
    return now.run !== run && now.status === 'started';
  }, 20_000);
  await readFile(join(server.folder, 'instances/Runner/was-here'));
  // It does not start with that, which is said; the file stays.
  await type(page, '\n');
  await content(page).press('Control+a');
  await page.keyboard.type('echo broken; exit 3');
  await press(page, 'Save & restart').click();
  await strip(page, 'did not start with it').waitFor({ timeout: 20_000 });
  assert.equal(await readFile(scriptOf(server, 'Runner'), 'utf8'), 'echo broken; exit 3');

  await content(page).press('Control+a');
  await page.evaluate((text) => navigator.clipboard.writeText(text), app('mine'));
  await content(page).press('Control+v');
  await press(page, 'Save as blueprint').click();
  assert.equal(await dashboard.field('File name').inputValue(), 'hello_custom.sh');
  await dashboard.field('File name').fill('hello.sh');
  await dashboard.dialog.getByText('yours takes its place').waitFor();
  await dashboard.field('File name').fill('small.sh');
  await healthy(visit, 'editor save as');
  await dashboard.press('Save');
  await dashboard.dialog.waitFor({ state: 'detached' });
  await dashboard.openCreate();
  await dashboard.option('Small').waitFor();
  await dashboard.press('Cancel');

  await page.locator('.launch').getByRole('button', { name: 'Blueprints' }).click();
  const line = (/** @type {string} */ name) => page.locator('.blueprint-line').filter({ hasText: name });
  await line('gradio-demo.sh').click();
  await strip(page, 'It comes with AiKore').waitFor();
  await line('small.sh').click();
  await until('its text', async () => (await shown(page)).includes('echo "mine"'));
  await type(page, '# better\n');
  await page.keyboard.press('Control+s');
  await state(page, /^Saved /);
  await healthy(visit, 'blueprints');
  await press(page, 'Rename').click();
  await dashboard.field('File name').fill('smaller');
  await dashboard.press('Rename');
  await line('smaller.sh').waitFor();
  await until('the old name gone', async () => (await page.locator('.blueprint-line').allTextContents()).every((name) => name !== 'small.sh'));
  await until('its text', async () => (await shown(page)).includes('# better'));
  await press(page, 'Delete').click();
  await dashboard.press('Delete');
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await line('smaller.sh').waitFor();
  await until('its text', async () => (await shown(page)).includes('# better'));
  await press(page, 'Delete').click();
  await dashboard.press('Delete');
  await page.locator('.blueprint-gone').getByRole('button', { name: 'Put back' }).waitFor();
  // Messages lie over the list until they are closed.
  await page.evaluate(() => document.querySelectorAll('.toast [aria-label="Close message"]').forEach((one) => /** @type {HTMLElement} */ (one).click()));
  await page.locator('.blueprint-gone').getByRole('button', { name: 'Delete smaller.sh for good' }).click();
  await dashboard.press('Delete for good');
  await until('nothing left of it', async () => (await page.locator('.blueprint-gone').count()) === 0);
});

stage.scene('a satellite shows its parent’s script, and leads there', DESK, async ({ page, dashboard, server }) => {
  const { id } = await withScript(server, 'Parent', 'echo parent\n');
  await server.api('POST', `instances/${id}/instantiate`, { new_name: 'Moon' });
  await dashboard.open();
  await dashboard.choose('Moon', 'Editor');
  await strip(page, 'share their parent').waitFor();
  await type(page, 'nothing');
  assert.equal(await shown(page), 'echo parent\n');
  assert.equal(await press(page, 'Save').count(), 0);
  await press(page, 'Edit there').click();
  await page.getByRole('tab', { name: 'Editor of Parent' }).and(page.locator('[aria-selected=true]')).waitFor();
  await until('a text to edit', async () => (await press(page, 'Save').count()) === 1);
});

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  stage.scene(`the editor on a phone, ${colorScheme}`, { ...PHONE, colorScheme }, async (visit) => {
    const { page, dashboard, server } = visit;
    await withScript(server, 'Pocket', 'echo one\nif true; then\n');
    await dashboard.open();
    await dashboard.choose('Pocket', 'Editor');
    await page.locator('.cm-lint-marker-error').first().waitFor();
    await content(page).tap();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('fi');
    await state(page, 'Unsaved');
    await healthy(visit, 'editor');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing sticks out');
    await press(page, 'Save').tap();
    await state(page, /^Saved /);
    assert.equal(await readFile(scriptOf(server, 'Pocket'), 'utf8'), 'echo one\nif true; then\nfi');
    await press(page, 'History: the last saves').tap();
    await dashboard.dialog.locator('.save-line').first().waitFor();
    await healthy(visit, 'editor history');
    await dashboard.press('Cancel');
    await page.goto(`${server.address}/?tool=blueprints`);
    await page.locator('.blueprint-line').filter({ hasText: 'hello.sh' }).tap();
    await strip(page, 'It comes with AiKore').waitFor();
    await healthy(visit, 'blueprint');
    await press(page, 'Back to the list').tap();
    await page.locator('.blueprint-list').waitFor();
    await healthy(visit, 'list of blueprints');
  });
}
