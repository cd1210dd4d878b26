// The order and the groups: by mouse and by keyboard, and the same in every browser.
import assert from 'node:assert/strict';
import { DESK, setStage } from './support/stage.js';
import { until } from './support/wait.js';

const stage = setStage();

/** @typedef {import('./support/stage.js').Visit} Visit */

/** The names from top to bottom, as they are to be seen. @param {Pick<Visit, 'page'>} visit @returns {Promise<string[]>} */
const names = ({ page }) => page.locator('tr[data-id]:visible .name-text').allTextContents();

/** @param {Visit} visit @param {string[]} wanted */
const order = (visit, wanted) => until(`the order ${wanted}`, async () => (await names(visit)).join() === wanted.join());

/** Drags a row by its handle onto another. @param {Visit} visit @param {string} name @param {string} onto @param {() => Promise<unknown>} [midway] */
async function drag({ page, dashboard }, name, onto, midway) {
  await until('rows at rest', () => page.evaluate(() => document.querySelector('table')?.getAnimations({ subtree: true }).every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity)));
  const grip = await dashboard.row(name).locator('.grip').boundingBox();
  const target = await dashboard.row(onto).boundingBox();
  if (!grip || !target) throw new Error('nothing to drag');
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
  await page.mouse.down();
  const down = target.y > grip.y;
  await page.mouse.move(target.x + 120, target.y + target.height / 2 - (down ? 10 : -10), { steps: 8 });
  // As a person does it: until it is seen to be there.
  let wobble = 0;
  await until(`${name} ${down ? 'below' : 'above'} ${onto}`, async () => {
    wobble = wobble ? 0 : 2;
    await page.mouse.move(target.x + 120 + wobble, target.y + (down ? target.height - 4 - wobble : 4 + wobble), { steps: 2 });
    const all = await names({ page });
    return down ? all.indexOf(name) > all.indexOf(onto) : all.indexOf(name) < all.indexOf(onto);
  });
  await midway?.();
  await page.mouse.up();
}

stage.scene('a family is dragged as one block, and every browser shows it; events do not disturb the drag', DESK, async (visit) => {
  const { dashboard, server, another } = visit;
  const other = await another();
  const a = await server.create('A', 'hello.sh');
  await server.create('B', 'hello.sh');
  await server.create('C', 'hello.sh');
  await server.api('POST', `instances/${a.id}/instantiate`, { new_name: 'A small' });
  await dashboard.open();
  await other.dashboard.open();
  await order(visit, ['A', 'A small', 'B', 'C']);
  const element = await dashboard.row('A').elementHandle();

  await drag(visit, 'A', 'C', async () => {
    // Somebody else makes one, starts one and moves one meanwhile.
    await server.createStarted('D');
    await dashboard.row('D').waitFor({ state: 'attached', timeout: 2000 }).catch(() => {});
    assert.equal(await dashboard.row('A').count(), 1, 'once in the table');
  });
  await until('A below C', async () => (await names(visit)).join().includes('C,A,A small'));
  assert.equal(await dashboard.row('A').evaluate((now, before) => now === before, element), true, 'the same row');
  const wanted = ['B', 'C', 'A', 'A small', 'D'];
  await order(visit, wanted);
  await order(other, wanted);
  await dashboard.page.reload();
  await dashboard.live();
  await order(visit, wanted);
});

stage.scene('what is dragged may be deleted by somebody else meanwhile', DESK, async (visit) => {
  const { dashboard, server } = visit;
  await server.clear();
  const gone = await server.create('Gone', 'hello.sh');
  await server.create('Stays', 'hello.sh');
  await server.create('Stays too', 'hello.sh');
  await dashboard.open();
  await order(visit, ['Gone', 'Stays', 'Stays too']);
  await drag(visit, 'Gone', 'Stays', () => server.api('DELETE', `instances/${gone.id}`, { mode: 'permanent' }));
  await order(visit, ['Stays', 'Stays too']);
  await drag(visit, 'Stays', 'Stays too');
  await order(visit, ['Stays too', 'Stays']);
  await until('the server knows', async () => (await server.api('GET', 'instances/'))[0].name === 'Stays too');
});

stage.scene('groups: given, folded, renamed, dragged into; kept for everybody', DESK, async (visit) => {
  const { page, dashboard, server, shot } = visit;
  await server.clear();
  for (const name of ['One', 'Two', 'Three']) await server.create(name, 'hello.sh');
  await dashboard.open();
  await order(visit, ['One', 'Two', 'Three']);
  assert.equal(await page.locator('.group-row').count(), 0, 'no headings without groups');

  await dashboard.choose('Two', 'Group');
  await dashboard.field('Group').fill('Speech');
  await dashboard.press('Move');
  await dashboard.dialog.waitFor({ state: 'detached' });
  await order(visit, ['One', 'Three', 'Two']);
  assert.deepEqual(await page.locator('.group-name').allTextContents(), ['No group', 'Speech']);
  assert.equal((await server.instance('Two')).group, 'Speech');

  await drag(visit, 'One', 'Two');
  await until('One in Speech', async () => (await server.instance('One')).group === 'Speech');
  await shot('groups');

  const speech = page.locator('.group-row').filter({ hasText: 'Speech' });
  await speech.getByRole('button', { name: /^Speech/ }).click();
  await order(visit, ['Three']);
  assert.equal(await speech.getAttribute('aria-expanded'), 'false');
  await page.reload();
  await dashboard.live();
  await order(visit, ['Three']);
  // A search looks into folded groups.
  await page.getByLabel('Search instances').fill('two');
  await order(visit, ['Two']);
  await page.getByLabel('Search instances').fill('');
  await speech.focus();
  await page.keyboard.press('ArrowRight');
  await until('all of them', async () => (await names(visit)).length === 3);
  await page.keyboard.press('F2');
  await page.keyboard.type('Voices');
  await page.keyboard.press('Enter');
  await page.locator('.group-name').getByText('Voices').waitFor();
  assert.deepEqual([(await server.instance('One')).group, (await server.instance('Two')).group, (await server.instance('Three')).group], ['Voices', 'Voices', null]);
});

stage.scene('rows are moved without a mouse: Alt with the arrow keys, and from the menu', DESK, async (visit) => {
  const { page, dashboard, server } = visit;
  await server.clear();
  const x = await server.create('X', 'hello.sh');
  await server.create('Y', 'hello.sh');
  const z = await server.create('Z', 'hello.sh');
  for (const name of ['X one', 'X two']) await server.api('POST', `instances/${x.id}/instantiate`, { new_name: name });
  await dashboard.open();
  await order(visit, ['X', 'X one', 'X two', 'Y', 'Z']);
  await dashboard.row('X').focus();
  await page.keyboard.press('Alt+ArrowDown');
  await order(visit, ['Y', 'X', 'X one', 'X two', 'Z']);
  assert.equal(await dashboard.row('X').evaluate((row) => row === document.activeElement), true, 'the focus goes along');
  await page.locator('#live').getByText('X moved down.').waitFor();
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('Alt+ArrowDown');
  await order(visit, ['Y', 'Z', 'X', 'X one', 'X two']);
  await dashboard.row('X two').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await order(visit, ['Y', 'Z', 'X', 'X two', 'X one']);
  await page.keyboard.press('Alt+ArrowUp');
  await server.api('PUT', 'instances/order', { ids: [], groups: { [z.id]: 'Last' } });
  await order(visit, ['Y', 'X', 'X two', 'X one', 'Z']);
  // At the edge of its group it goes over to the next.
  await dashboard.choose('X', 'Move down');
  await until('X in the group', async () => (await server.instance('X')).group === 'Last');
  assert.equal((await server.instance('X two')).group, 'Last', 'its satellites too');
});
