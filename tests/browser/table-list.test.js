// The list: sorted, filtered, selected, walked through; by mouse and by keyboard, wide and narrow.
import assert from 'node:assert/strict';
import { DESK, PHONE, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @typedef {import('./support/stage.js').Visit} Visit */

/** The names from top to bottom, as they are to be seen. @param {Visit} visit @returns {Promise<string[]>} */
const names = ({ page }) => page.locator('tr[data-id]:visible .name-text').allTextContents();

/** @param {Visit} visit @param {string[]} wanted */
const order = (visit, wanted) => until(`the order ${wanted}`, async () => (await names(visit)).join() === wanted.join());

stage.scene('sorted by a column, hidden, resized: remembered by this browser only', DESK, async (visit) => {
  const { page, dashboard, server, another } = visit;
  await server.clear();
  const m = await server.create('Model 10', 'hello.sh');
  await server.create('model 9', 'hello.sh');
  await server.create('Alpha', 'hello.sh');
  await server.api('POST', `instances/${m.id}/instantiate`, { new_name: 'Zeta of 10' });
  await dashboard.open();
  await order(visit, ['Model 10', 'Zeta of 10', 'model 9', 'Alpha']);
  const head = page.locator('th.c-name');
  await head.getByRole('button').click();
  await order(visit, ['Alpha', 'model 9', 'Model 10', 'Zeta of 10']);
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  await head.getByRole('button').click();
  await order(visit, ['Model 10', 'Zeta of 10', 'model 9', 'Alpha']);
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.equal(await dashboard.row('Alpha').locator('.grip').isVisible(), false, 'no places of one’s own while sorted');

  await page.locator('.view-button').click();
  await page.locator('.view-pop').getByLabel('Blueprint').uncheck();
  await page.locator('.view-pop').getByLabel('Environment').check();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('th.c-blueprint').isVisible(), false);
  assert.equal(await dashboard.cell('Alpha', 'environment').isVisible(), true);

  const width = () => head.evaluate((cell) => cell.getBoundingClientRect().width);
  const before = await width();
  const edge = await head.locator('.edge').boundingBox();
  if (!edge) throw new Error('no edge');
  await page.mouse.move(edge.x + 5, edge.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge.x + 125, edge.y + 10, { steps: 5 });
  await page.mouse.up();
  const wide = await width();
  assert.ok(wide > before + 40, `${before} → ${wide}`);
  await head.getByRole('button').focus();
  await page.keyboard.press('Shift+ArrowRight');
  assert.ok((await width()) > wide, 'by keyboard');

  await page.reload();
  await dashboard.live();
  await order(visit, ['Model 10', 'Zeta of 10', 'model 9', 'Alpha']);
  assert.equal(await page.locator('th.c-blueprint').isVisible(), false);
  assert.ok(Math.abs((await width()) - wide) < 60);
  const fresh = await another();
  await fresh.dashboard.open();
  assert.equal(await fresh.page.locator('th.c-blueprint').isVisible(), true, 'another browser has its own taste');

  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), null);
  await page.locator('.view-button').click();
  await page.locator('.view-pop').getByRole('button', { name: 'Reset the view' }).click();
  assert.equal(await page.locator('th.c-blueprint').isVisible(), true);
});

stage.scene('several rows are selected, and started, stopped and deleted with one message each', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  await server.writeBlueprint('breaks.sh', 'exit 7\n');
  const p = await server.create('P', 'hello.sh');
  await server.api('POST', `instances/${p.id}/instantiate`, { new_name: 'P small' });
  for (const name of ['Q', 'R', 'S']) await server.create(name, 'hello.sh');
  await dashboard.open();
  await order(visit, ['P', 'P small', 'Q', 'R', 'S']);
  const picked = () => page.locator('tr[aria-selected=true] .name-text').allTextContents();
  await dashboard.row('P').locator('.pick').click();
  await dashboard.row('R').locator('.pick').click({ modifiers: ['Shift'] });
  assert.deepEqual(await picked(), ['P', 'P small', 'Q', 'R'], 'a range');
  await dashboard.row('Q').locator('.pick').click();
  assert.deepEqual(await picked(), ['P', 'P small', 'R']);
  await dashboard.row('S').focus();
  await page.keyboard.press('Control+a');
  assert.equal((await picked()).length, 5);
  await page.keyboard.press('Escape');
  assert.equal((await picked()).length, 0);
  await page.keyboard.press('Shift+ArrowUp');
  assert.deepEqual(await picked(), ['R', 'S']);

  const bar = page.getByRole('group', { name: 'Selected instances' });
  await bar.getByText('2 selected').waitFor();
  await bar.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByText('Starting 2: R, S.').waitFor();
  await dashboard.reaches('R', 'started');
  await dashboard.reaches('S', 'started');
  await dashboard.row('Q').locator('.pick').check();
  await bar.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText(/Stopping 2: R, S\. Left out 1: Q \(It is not running\)\./).waitFor();
  await dashboard.reaches('R', 'stopped');
  await dashboard.reaches('S', 'stopped');

  // A parent goes with its satellites, those first; what can't go is said before.
  await page.getByLabel('Select all').check();
  await dashboard.row('S').locator('.pick').uncheck();
  await bar.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('heading', { name: 'Delete 4 instances?' }).waitFor();
  await dashboard.press('Move to the trash');
  await order(visit, ['S']);
  await page.getByText('Deleted 4: P small, P, Q and 1 more.').waitFor();
  assert.equal((await server.api('GET', 'instances/')).length, 1);
});

stage.scene('the cells are walked with the arrow keys; search and filter narrow the list', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  await server.createStarted('Up');
  await server.create('Down', 'hello.sh');
  await dashboard.open();
  await dashboard.reaches('Up', 'started');
  const here = () => page.evaluate(() => {
    const cell = document.activeElement?.closest('td');
    return [document.activeElement?.closest('tr')?.querySelector('.name-text')?.textContent, /** @type {HTMLElement|null} */ (cell)?.dataset.cell ?? 'row'];
  });
  await dashboard.row('Up').focus();
  for (const [key, place] of /** @type {const} */ ([
    ['ArrowDown', ['Down', 'row']],
    ['ArrowRight', ['Down', 'name']],
    ['ArrowRight', ['Down', 'blueprint']],
    ['ArrowUp', ['Up', 'blueprint']],
    ['End', ['Up', 'actions']],
    ['Home', ['Up', 'pick']],
    ['ArrowLeft', ['Up', 'row']],
  ])) {
    await page.keyboard.press(key);
    assert.deepEqual(await here(), place, key);
  }
  // The focus is to be seen wherever it is.
  for (const key of ['ArrowRight', 'ArrowRight']) {
    await page.keyboard.press(key);
    assert.match(await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle), /solid|auto/);
  }
  // A tick by the space bar; a letter is still a shortcut.
  await page.locator('td.c-autostart').first().focus();
  await page.keyboard.press('Space');
  await page.getByText('1 change in 1 instance').waitFor();
  await page.keyboard.press('Space');
  await page.keyboard.press('x');
  await dashboard.reaches('Up', 'stopped');

  await server.api('POST', `instances/${(await server.instance('Up')).id}/start`);
  await dashboard.reaches('Up', 'started');
  await page.getByLabel('Show').selectOption('running');
  await order(visit, ['Up']);
  await page.getByLabel('Show').selectOption('trouble');
  await page.getByText('No instance is in trouble.').waitFor();
  await page.getByLabel('Show').selectOption('all');
  await order(visit, ['Up', 'Down']);
});

stage.scene('at 1280 px nothing is lost: the actions stay, and what is cut off can be read', { viewport: { width: 1280, height: 800 } }, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  const name = 'A name so long that nobody would ever put all of it into a column';
  const { id } = await server.create(name, 'hello.sh');
  await server.api('PUT', `instances/${id}`, { gpu_ids: '0,1' });
  await dashboard.open();
  await dashboard.row(name).waitFor();
  const inView = async () => page.locator('tr[data-id] .primary-action').evaluate((button) => button.getBoundingClientRect().right <= innerWidth);
  assert.equal(await inView(), true);
  const scroll = () => page.locator('.scroller').evaluate((box) => box.scrollWidth - box.clientWidth);
  assert.equal(await scroll(), 0, 'no scrolling sideways');
  await dashboard.row(name).locator('.name-text').hover();
  await page.locator('.tip').getByText(name, { exact: true }).waitFor();

  // With every column there is more than fits: the actions stay all the same.
  await page.locator('.view-button').click();
  for (const box of await page.locator('.view-columns input:visible').all()) await box.check();
  await page.keyboard.press('Escape');
  assert.ok((await scroll()) > 0);
  assert.equal(await inView(), true);
  await page.locator('.scroller').evaluate((box) => (box.scrollLeft = 400));
  assert.equal(await inView(), true);
  assert.equal(await dashboard.row(name).locator('.name-text').evaluate((text) => text.getBoundingClientRect().left >= 0), true, 'and so does the name');
});

stage.scene('cards on a phone: selected, grouped, stopped together', PHONE, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  await server.createStarted('Left');
  await server.createStarted('Right');
  await dashboard.open();
  await dashboard.reaches('Right', 'started');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing sticks out');
  await dashboard.row('Left').locator('.pick').tap();
  await dashboard.row('Right').locator('.pick').tap();
  await page.getByRole('group', { name: 'Selected instances' }).getByRole('button', { name: 'Stop' }).tap();
  await dashboard.reaches('Left', 'stopped');
  await dashboard.reaches('Right', 'stopped');
});
