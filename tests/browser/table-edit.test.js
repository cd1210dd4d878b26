// The table is the editor: cells changed in place, reviewed, saved; what fails or was overtaken is said where it belongs.
import assert from 'node:assert/strict';
import { DESK, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** What has the focus. @param {import('playwright-core').Page} page */
const focused = (page) => page.evaluate(() => /** @type {HTMLElement|null} */ (document.activeElement)?.dataset.cell ?? document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.className ?? '');

stage.scene('several rows are changed in place, reviewed, and saved with one word', DESK, async ({ page, dashboard, server }) => {
  const running = await server.createStarted('Runs');
  const resting = await server.create('Rests', 'hello.sh');
  await dashboard.open();
  await dashboard.reaches('Runs', 'started');

  // A tick is hot, a name is cold.
  await dashboard.cell('Runs', 'autostart').locator('input').check();
  await dashboard.type('Rests', 'name', 'Rests well');
  assert.equal(await dashboard.cell('Rests well', 'name').evaluate((cell) => cell.classList.contains('dirty')), true);
  assert.equal((await server.api('GET', `instances/${resting.id}`)).name, 'Rests', 'nothing is sent before Save');
  await page.getByText('2 changes in 2 instances, not saved yet').waitFor();

  // The value that was there takes the change back.
  await dashboard.cell('Runs', 'autostart').locator('input').uncheck();
  await page.getByText('1 change in 1 instance, not saved yet').waitFor();
  await dashboard.cell('Runs', 'autostart').locator('input').check();

  await dashboard.review();
  const parts = page.locator('.review-part');
  assert.match((await parts.filter({ hasText: 'Runs' }).locator('.review-line').textContent()) ?? '', /Autostart.*off.*→.*on.*at once/);
  const rests = parts.filter({ hasText: 'Rests' });
  assert.match((await rests.locator('.review-line').textContent()) ?? '', /Name.*Rests.*→.*Rests well.*at its next start/);
  await rests.getByText('Its address becomes /instance/rests-well/').waitFor();
  assert.equal(await page.locator('.dialog-review .form-notice').isVisible(), false, 'nothing restarts');
  await dashboard.confirmReview();
  await page.getByText('2 instances are saved.').waitFor();
  const after = await server.api('GET', `instances/${running.id}`);
  assert.deepEqual([after.autostart, after.pid], [true, running.pid], 'hot: the same process');
  assert.equal((await server.api('GET', `instances/${resting.id}`)).slug, 'rests-well');
  await until('no bar', async () => !(await page.locator('.table-bar').isVisible()));
  assert.equal(await page.locator('.dirty').count(), 0);
});

stage.scene('what restarts a running app is said before, and done after', DESK, async ({ page, dashboard, server, watch }) => {
  const before = await server.createStarted('Cold');
  await dashboard.open();
  await dashboard.reaches('Cold', 'started');
  await page.locator('.view-button').click();
  await page.locator('.view-pop').getByLabel('Output').check();
  await page.keyboard.press('Escape');
  await dashboard.type('Cold', 'output', 'elsewhere/cold');
  await dashboard.review();
  assert.match((await page.locator('.review-line').textContent()) ?? '', /Output folder.*like its name.*→.*elsewhere\/cold.*restarts it.*stay where they are/);
  await page.getByText('Cold is running and will be stopped and started again.').waitFor();
  await page.locator('.dialog-review').getByRole('button', { name: 'Save and restart 1' }).click();
  await page.getByText('Cold is saved and restarts.').waitFor();
  const after = await until('another process', async () => {
    const now = await server.api('GET', `instances/${before.id}`);
    return now.status === 'started' && now.pid !== before.pid && now;
  }, 30_000);
  assert.equal(after.output_path, 'elsewhere/cold');
  watch.check();
});

stage.scene('what can not be saved stays, with the reason at the row; the rest is saved', DESK, async ({ page, dashboard, server, watch }) => {
  await server.create('Good', 'hello.sh');
  await server.create('Bad', 'hello.sh');
  await server.create('Taken', 'hello.sh');
  await dashboard.open();
  await dashboard.type('Good', 'name', 'Better');
  await dashboard.type('Bad', 'name', 'taken!');
  watch.expectStatus(409, '/api/instances/');
  await dashboard.review();
  const refused = page.locator('.review-part.refused');
  await refused.getByText('is not saved').waitFor();
  await refused.getByRole('alert').getByText(/Taken/).waitFor();
  await page.locator('.dialog-review').getByRole('button', { name: 'Save 1 of 2' }).click();
  await page.locator('.dialog-review').waitFor({ state: 'detached' });
  await dashboard.row('Better').waitFor();
  await dashboard.note('taken!').getByText(/Name:.*Taken/).waitFor();
  const cell = dashboard.cell('taken!', 'name');
  assert.equal(await cell.getAttribute('aria-invalid'), 'true');
  await page.getByText('1 change in 1 instance, not saved yet').waitFor();

  // Put right, it goes.
  await dashboard.type('taken!', 'name', 'Free');
  assert.equal(await dashboard.note('Free').isVisible(), false);
  await dashboard.review();
  await dashboard.confirmReview();
  await until('it saved', () => server.instance('Free'));
});

stage.scene('what somebody else changes meanwhile is shown and not overwritten', DESK, async ({ page, dashboard, server, watch, shot }) => {
  const { id } = await server.create('Shared', 'hello.sh');
  await server.api('PUT', `instances/${id}`, { gpu_ids: '0' });
  await dashboard.open();
  await dashboard.cell('Shared', 'gpus').click();
  await page.locator('.cell-pop').getByText('not in this machine').click();
  await page.locator('.cell-pop').getByRole('button', { name: 'Done' }).click();
  await dashboard.cell('Shared', 'autostart').locator('input').check();

  // Seen at once in the table …
  await server.api('PUT', `instances/${id}`, { gpu_ids: '1' });
  await dashboard.note('Shared').getByText('GPUs was changed to 1 meanwhile; you want all.').waitFor();
  await shot('overtaken');
  // … and refused by the server, should it not have been seen.
  watch.expectStatus(409, '/api/instances/');
  await dashboard.review();
  await page.locator('.review-part.refused').getByText(/It was changed to 1 meanwhile/).waitFor();
  assert.equal(await page.locator('.dialog-review button[type=submit]').isDisabled(), true);
  await page.keyboard.press('Escape');
  assert.equal((await server.api('GET', `instances/${id}`)).gpu_ids, '1');

  await dashboard.note('Shared').getByRole('button', { name: 'Keep all for GPUs of Shared' }).click();
  assert.equal(await dashboard.note('Shared').isVisible(), false);
  await dashboard.review();
  await dashboard.confirmReview();
  const saved = await until('mine', async () => {
    const now = await server.api('GET', `instances/${id}`);
    return now.gpu_ids === null && now;
  });
  assert.equal(saved.autostart, true);

  // The other way: theirs is taken.
  await dashboard.type('Shared', 'name', 'Mine');
  await server.api('PUT', `instances/${id}`, { name: 'Theirs' });
  await dashboard.note('Mine').getByRole('button', { name: 'Take Theirs for Name of Theirs' }).click();
  await dashboard.row('Theirs').waitFor();
  assert.equal(await page.locator('.table-bar').isVisible(), false);
});

stage.scene('Tab goes on from cell to cell, Esc gives back, and nothing that happens disturbs the typing', DESK, async ({ page, dashboard, server, watch }) => {
  const keys = page.keyboard;
  await server.clear();
  const { id } = await server.create('First', 'hello.sh');
  await server.create('Second', 'hello.sh');
  await dashboard.open();
  await dashboard.row('First').focus();
  await keys.press('ArrowRight');
  assert.equal(await focused(page), 'name');
  await keys.press('F2');
  await keys.type('Renamed');
  // A start, its log and its end while somebody types.
  await server.api('POST', `instances/${id}/start`);
  await dashboard.page.locator(`tr[data-id="${id}"][data-status=started]`).waitFor();
  // Nor when its row gets another place.
  const second = await server.instance('Second');
  await server.api('PUT', 'instances/order', { ids: [second.id, id] });
  await until('the other one first', async () => (await page.locator('tr[data-id]:visible').first().getAttribute('data-id')) === String(second.id));
  await server.api('PUT', 'instances/order', { ids: [id, second.id] });
  await keys.type(' one');
  assert.equal(await page.locator('.cell-input').inputValue(), 'Renamed one');
  await server.api('POST', `instances/${id}/stop?wait=true`);
  await page.locator(`tr[data-id="${id}"][data-status=stopped]`).waitFor();
  await keys.press('Tab');
  assert.equal(await focused(page), 'blueprint', 'on to the next cell');
  await dashboard.row('Renamed one').waitFor();

  // A panel: Esc gives back what was chosen in it.
  await keys.press('Enter');
  await page.locator('.cell-pop .option').first().waitFor();
  await keys.type('jupyter');
  await dashboard.cell('Renamed one', 'blueprint').getByText('JupyterLab', { exact: true }).waitFor();
  await keys.press('Escape');
  await keys.press('Escape');
  await dashboard.cell('Renamed one', 'blueprint').getByText('Hello', { exact: true }).waitFor();
  assert.equal(await focused(page), 'blueprint');

  // A satellite of a parent: what is the parent's is locked.
  await server.api('POST', `instances/${id}/instantiate`, { new_name: 'Small' });
  const small = dashboard.cell('Small', 'blueprint');
  await until('a lock', () => small.evaluate((cell) => cell.classList.contains('locked')));
  assert.equal(await small.getAttribute('aria-readonly'), 'true');
  assert.match((await small.getAttribute('title')) ?? '', /^Given by First\./);
  await small.click();
  assert.equal(await page.locator('.cell-pop').count(), 0);

  // Text: Esc while typing gives back.
  await dashboard.cell('Second', 'name').click({ position: { x: 16, y: 14 } });
  await keys.type('nonsense');
  await keys.press('Escape');
  await dashboard.row('Second').waitFor();
  assert.equal(await focused(page), 'name');
  await keys.press('Control+s');
  await dashboard.confirmReview();
  await until('the new name', () => server.instance('Renamed one'));
  watch.check();
});

stage.scene('a server that stops in the middle loses nothing; discarding can be taken back', DESK, async ({ page, dashboard, server, watch }) => {
  const { id } = await server.create('Patient', 'hello.sh');
  await dashboard.open();
  await dashboard.type('Patient', 'name', 'More patient');
  watch.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
  await server.kill();
  await dashboard.banner.waitFor();
  await dashboard.review();
  await page.locator('.review-part').getByText(/AiKore does not answer/).waitFor();
  await page.keyboard.press('Escape');
  await dashboard.note('More patient').getByText(/AiKore does not answer/).waitFor();
  await server.start();
  await dashboard.live(20_000);
  await dashboard.row('More patient').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  await dashboard.row('Patient').waitFor();
  await page.locator('.table-bar').getByRole('button', { name: 'Undo' }).click();
  await dashboard.row('More patient').waitFor();
  await dashboard.review();
  await dashboard.confirmReview();
  await until('it saved', async () => (await server.api('GET', `instances/${id}`)).name === 'More patient');
});

stage.scene('an instance deleted elsewhere takes its changes along, and that is said; leaving the page asks first', DESK, async ({ page, dashboard, server }) => {
  const { id } = await server.create('Doomed', 'hello.sh');
  await server.create('Kept', 'hello.sh');
  await dashboard.open();
  await dashboard.type('Doomed', 'name', 'Saved');
  await dashboard.type('Kept', 'name', 'Kept well');
  await server.api('DELETE', `instances/${id}`, { mode: 'permanent' });
  await page.getByText('Doomed was deleted meanwhile, and your changes to it with it.').waitFor();
  await page.getByText('1 change in 1 instance, not saved yet').waitFor();
  /** @type {string[]} */
  const asked = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  assert.deepEqual(asked, ['beforeunload']);
  await dashboard.row('Kept').waitFor();
});

stage.scene('Edit shows the settings without a column; it changes the same drafts', DESK, async ({ page, dashboard, server }) => {
  const { id } = await server.create('Deep', 'hello.sh');
  await dashboard.open();
  await dashboard.cell('Deep', 'autostart').locator('input').check();
  await dashboard.choose('Deep', 'Edit');
  assert.equal(await dashboard.dialog.getByLabel('Start together with AiKore').isChecked(), true, 'the draft is shown');
  await dashboard.field('Python').fill('3.11');
  await dashboard.field('Group').fill('Lab');
  await dashboard.press('Cancel');
  await page.getByText('1 change in 1 instance, not saved yet').waitFor();
  await dashboard.choose('Deep', 'Edit');
  await dashboard.field('Python').fill('3.11');
  await dashboard.field('Group').fill('Lab');
  await dashboard.press('Save');
  await page.locator('.review-part').getByText('PyTorch').waitFor({ state: 'detached' });
  await dashboard.confirmReview();
  const saved = await server.api('GET', `instances/${id}`);
  assert.deepEqual([saved.python_version, saved.group, saved.autostart], ['3.11', 'Lab', true]);
  await page.locator('.group-name').getByText('Lab').waitFor();
});
