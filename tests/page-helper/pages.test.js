// Plain pages: links, forms, frames, policies; and those that the helper has to leave alone.
import assert from 'node:assert/strict';
import { DESK, setStage } from '../browser/support/stage.js';
import { until } from '../browser/support/wait.js';
import { restsAt, rooted, says } from './support.js';

const stage = setStage();

stage.scene('forms arrive', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'forms');
  for (const [button, got, address] of [
    ['Get', 'GET ?a=1', '/form?a=1'],
    ['Post', 'POST  b=2', '/form'],
  ]) {
    await page.goto(`${app}/page`);
    await page.getByRole('button', { name: button }).click();
    await says(page, '#got', got);
    await restsAt(page, app + address);
  }
  await page.goto(`${app}/page`);
  await page.getByRole('button', { name: 'Bare' }).click();
  await page.waitForURL(`${app}/page?c=3`);
  assert.equal(await page.title(), 'Page of forms');
  await page.evaluate(() => /** @type {HTMLFormElement} */ (document.getElementById('post')).submit());
  await says(page, '#got', 'POST  b=2');
  await restsAt(page, `${app}/form`);
});

stage.scene('links within the page scroll and do not load', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'hash');
  const far = () => page.evaluate(() => scrollY > 1000);
  await page.goto(`${app}/page`);
  // At once, and at rest.
  for (const rested of [false, true]) {
    if (rested) await restsAt(page, `${app}/page`);
    await page.locator('#hash').click();
    await until('to be far down', far);
    await restsAt(page, `${app}/page#far`);
    await page.goBack();
    await until('to be up again', async () => !(await far()));
    await restsAt(page, `${app}/page`);
  }
  await page.locator('#to-hash').click();
  await until('to be far down', far);
  await restsAt(page, `${app}/page#far`);
  await page.goBack();
  await restsAt(page, `${app}/page`);
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).loads), 1, 'loaded once');
});

stage.scene('scripts send the page where they mean', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'sends');
  await page.goto(`${app}/page`);
  const opened = page.context().waitForEvent('page');
  await page.locator('#open').click();
  const tab = await opened;
  await says(tab, 'main', 'deep ?opened');
  await restsAt(tab, `${app}/deep/page?opened`);
  await tab.close();
  await page.locator('#reload').click();
  await until('the page again', () => page.evaluate(() => /** @type {any} */ (window).loads === 2));
  await page.locator('#assign').click();
  await says(page, 'main', 'deep ?assigned');
  await restsAt(page, `${app}/deep/page?assigned`);
  await page.goBack();
  await restsAt(page, `${app}/page`);
  await page.locator('#relative').click();
  await restsAt(page, `${app}/page?relative`);
});

stage.scene('a frame is at its root too', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'frames');
  await page.goto(`${app}/page`);
  const frame = page.frameLocator('iframe');
  await until('what the frame reads', async () => (await frame.locator('#where').textContent()) === '/framed');
  await frame.locator('body[data-name=frames]').waitFor();
});

for (const kind of ['self', 'nonce']) {
  stage.scene(`a policy that allows scripts by ${kind}`, DESK, async ({ page, server }) => {
    const app = await rooted(server, `policy-${kind}`);
    await page.goto(`${app}/csp-${kind}`);
    await says(page, '#where', `/csp-${kind} policy-${kind} inner from /instance/policy-${kind}/module.js`);
    await restsAt(page, `${app}/csp-${kind}`);
  });
}

stage.scene('an app that was told its prefix', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'told');
  await page.goto(`${app}/told`);
  await says(page, '#where', '/instance/told/told /instance/told/deep/page told told');
  assert.equal(page.url(), `${app}/told?pushed`);
});

stage.scene('a router built on the Navigation API', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'modern');
  await page.goto(`${app}/navigation/zero`.replace('/zero', ''));
  await says(page, '#route', '/navigation');
  await page.getByRole('link', { name: 'One' }).click();
  await says(page, '#route', '/navigation/one');
  await restsAt(page, `${app}/navigation/one`);
  await page.getByRole('button', { name: 'Two' }).click();
  await says(page, '#route', '/navigation/two');
  await restsAt(page, `${app}/navigation/two`);
  await page.goBack();
  await says(page, '#route', '/navigation/one');
  await restsAt(page, `${app}/navigation/one`);
  const events = await page.evaluate(() => /** @type {any} */ (window).events);
  assert.deepEqual(events, ['push /navigation/one', 'push /navigation/two', 'traverse /navigation/one']);
});

stage.scene('the dashboard is none of its business', DESK, async ({ page, watch, dashboard, server }) => {
  const app = await rooted(server, 'beside');
  // Its frame may be left while it asks for something.
  watch.expect(/net::ERR_ABORTED/);
  await page.goto(`${app}/page`);
  await restsAt(page, `${app}/page`);
  await dashboard.open();
  assert.equal(await page.evaluate(() => Symbol.for('aikore.page') in window), false);
  await page.reload();
  await dashboard.live();
  assert.equal(page.url(), `${server.address}/`);
  await page.goBack();
  await until('the app again', async () => (await page.title()) === 'Page of beside');
  await page.goForward();
  await dashboard.live();
});
