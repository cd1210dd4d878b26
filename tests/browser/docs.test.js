// The page of the API: every call of the description is there, can be found, and can be made; by keyboard, on a phone, in both looks.
// Whatever the Content-Security-Policy refuses is an error in the console, which fails a scene.
import assert from 'node:assert/strict';
import { healthy } from './support/axe.js';
import { DESK, PHONE, setStage } from './support/stage.js';

const stage = setStage();

/** @param {import('./support/stage.js').Visit} visit */
async function open({ page, server }) {
  await page.goto(`${server.address}/api/docs`);
  await page.locator('.docs-call').first().waitFor();
}

stage.scene('the API page: all calls, one found and made', DESK, async (visit) => {
  const { page, server } = visit;
  await server.create('Studio', 'hello.sh');
  await open(visit);
  const description = await (await fetch(`${server.address}/api/openapi.json`)).json();
  const count = Object.values(description.paths).reduce((sum, item) => sum + Object.keys(item).length, 0);
  assert.equal(await page.locator('.docs-call').count(), count, 'each call once');
  await healthy(visit, 'api docs');

  await page.getByRole('searchbox', { name: 'Find a call' }).fill('get list the instances');
  const call = page.locator('#getInstances');
  assert.ok((await page.locator('.docs-call:visible').count()) < 10, 'what does not fit is hidden');
  await call.locator('summary').focus();
  await page.keyboard.press('Enter');
  await call.getByRole('button', { name: 'Send' }).click();
  await call.getByText('200 OK').waitFor();
  assert.match((await call.getByLabel('Answer').textContent()) ?? '', /"name": "Studio"/);
  await healthy(visit, 'api docs call');

  await page.getByRole('searchbox', { name: 'Find a call' }).fill('post make an instance');
  const make = page.locator('#postInstances');
  await make.locator('summary').click();
  await make.getByRole('textbox', { name: 'Body' }).fill('{"name": "Second", "base_blueprint": "hello.sh"}');
  await make.getByRole('button', { name: 'Send' }).click();
  await make.getByText('201 Created').waitFor();
});

stage.scene('the API page on a phone: nothing wider than the screen', PHONE, async (visit) => {
  const { page } = visit;
  await open(visit);
  await page.locator('.docs-call summary').first().click();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await healthy(visit, 'api docs');
});
