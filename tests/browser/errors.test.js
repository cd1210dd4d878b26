// What goes wrong is said where it went wrong, in words, and nothing of it is ever markup.
import assert from 'node:assert/strict';
import { DESK, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();
const MARKUP = '<img src=x onerror=alert(1)>';

stage.scene('a name that cannot be is refused while it is typed', DESK, async ({ dashboard, server }) => {
  await server.create('Taken', 'hello.sh');
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  const submit = dashboard.dialog.getByRole('button', { name: 'Create and start' });
  for (const [name, fault] of [
    ['Taken', 'This name is taken.'],
    ['taken!', 'Its address would be the same as that of “Taken”.'],
    ['a/b', 'No slashes: the name is also a folder.'],
    ['.hidden', 'It cannot begin with a dot.'],
    [' blank', 'No blanks at the beginning or the end.'],
  ]) {
    await dashboard.field('Name').fill(name);
    assert.equal(await dashboard.fault('Name').textContent(), fault);
    assert.equal(await submit.isDisabled(), true, name);
  }
  await dashboard.field('Name').fill('Free');
  assert.equal(await submit.isDisabled(), false);
});

stage.scene('a refusal of the server stands at its field, in the server’s words', DESK, async ({ page, dashboard, watch, server }) => {
  await dashboard.open();
  await dashboard.openCreate();
  await dashboard.act(dashboard.option('Hello'));
  watch.expectStatus(409, '/api/instances/');
  watch.expectStatus(422, '/api/instances/');

  /** Sends the form and gives what the server says to it. @param {number} status */
  const refused = async (status) => {
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await dashboard.press('Create and start');
    const response = await answer;
    assert.equal(response.status(), status);
    return (await response.json()).detail;
  };

  // Another browser was quicker by a blink.
  await dashboard.field('Name').fill('Quick');
  await server.create('Quick', 'hello.sh');
  const taken = await refused(409);
  await dashboard.fault('Name').getByText(taken, { exact: true }).waitFor();
  assert.equal(await dashboard.field('Name').evaluate((field) => field === document.activeElement), true);

  // A character that shows as something else than it is.
  await dashboard.field('Name').fill('gnp\u202egninrut');
  const invalid = await refused(422);
  await dashboard.fault('Name').getByText(invalid, { exact: true }).waitFor();

  await dashboard.field('Name').fill('Fine');
  await dashboard.field('Output folder').fill('../elsewhere');
  const outside = await refused(422);
  await dashboard.fault('Output folder').getByText(outside, { exact: true }).waitFor();

  await dashboard.field('Output folder').fill('');
  await dashboard.press('Create and start');
  await dashboard.reaches('Fine', 'started');
});

stage.scene('an address that belongs to no instance names those that are near', DESK, async ({ page, watch, server }) => {
  await server.create('Near studio', 'hello.sh');
  watch.expectStatus(404, '/instance/near-studo/');
  const answer = await page.goto(`${server.address}/instance/near-studo/`);
  assert.equal(answer?.status(), 404);
  await page.getByRole('heading', { name: 'There is no such instance' }).waitFor();
  await page.getByRole('link', { name: /near-studio/ }).waitFor();
  await page.getByRole('link', { name: 'Open the dashboard' }).click();
  await page.locator('html[data-link=live]').waitFor();
});

stage.scene('a blueprint that ends says with which code and after which lines', DESK, async ({ page, dashboard, watch, server }) => {
  /** @type {string[]} */
  const dialogs = [];
  page.context().on('dialog', (dialog) => dialogs.push(dialog.message()));
  await server.writeBlueprint(
    'breaks.sh',
    [
      '#!/usr/bin/env bash',
      '### AIKORE-METADATA-START ###',
      '# aikore.name = Breaks <i>always</i>',
      `# aikore.description = ${MARKUP}`,
      '### AIKORE-METADATA-END ###',
      'for line in {1..30}; do echo "line $line"; done',
      `echo '${MARKUP} <b>not bold</b>'`,
      "printf '\\e[31mno more of this\\e[0m\\n'",
      'exit 7',
      '',
    ].join('\n'),
  );
  await dashboard.open();
  await dashboard.create('Breaks <i>always</i>', MARKUP);
  await dashboard.reaches(MARKUP, 'error');
  assert.match((await dashboard.row(MARKUP).locator('.status-why').textContent()) ?? '', /exit code 7/);

  await dashboard.choose(MARKUP, 'Log');
  await dashboard.logShows(/^no more of this$/);
  await dashboard.logShows(/^<img src=x onerror=alert\(1\)> <b>not bold<\/b>$/);
  assert.equal(await dashboard.log.locator('b, img').count(), 0);
  assert.equal(await page.locator('.row img, .tab img, .menu img').count(), 0);

  const slug = 'img-src-x-onerror-alert-1';
  watch.expectStatus(502, `/instance/${slug}/`);
  await page.goto(`${server.address}/instance/${slug}/`);
  await page.getByRole('heading', { name: MARKUP }).waitFor();
  await page.locator('.status[data-status=error]').waitFor();
  await page.getByText(/exit code 7/).waitFor();
  const last = await until('the last lines of the log', async () => {
    const lines = await page.locator('.log-line').allTextContents();
    return lines.includes('no more of this') && lines;
  });
  assert.ok(last.includes(`${MARKUP} <b>not bold</b>`), last.join('\n'));
  assert.equal(await page.locator('.page img, .page b').count(), 0);
  await page.getByRole('button', { name: 'Start' }).waitFor();
  assert.deepEqual(dialogs, [], 'nothing ran');
});
