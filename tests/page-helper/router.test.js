// An app with a router of its own, which reads `location`, below a prefix it knows nothing of.
import assert from 'node:assert/strict';
import { DESK, setStage } from '../browser/support/stage.js';
import { until } from '../browser/support/wait.js';
import { restsAt, rooted, says } from './support.js';

const stage = setStage();

stage.scene('a router sees the root, the address bar the prefix', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'router');
  await page.goto(`${app}/deep/page?x=1#part`);
  await says(page, 'main', 'deep ?x=1#part');
  await says(page, '#boot', '/deep/page');
  await says(page, '#late', '/deep/page');
  await restsAt(page, `${app}/deep/page?x=1#part`);
  const length = await page.evaluate(() => history.length);

  await page.getByRole('link', { name: 'Home' }).click();
  await says(page, 'main', 'home');
  await restsAt(page, `${app}/`);
  await page.getByRole('link', { name: 'Loaded' }).click();
  await says(page, 'main', 'loaded');
  await restsAt(page, `${app}/loaded`);
  assert.equal(await page.evaluate(() => history.length), length + 2);

  for (const [way, text, address] of /** @type {const} */ ([
    ['goBack', 'home', '/'],
    ['goBack', 'deep ?x=1#part', '/deep/page?x=1#part'],
    ['goForward', 'home', '/'],
    ['goForward', 'loaded', '/loaded'],
  ])) {
    await page[way]();
    await says(page, 'main', text);
    await restsAt(page, app + address);
  }

  await page.reload();
  await says(page, 'main', 'loaded');
  await says(page, '#late', '/loaded');
  await restsAt(page, `${app}/loaded`);
  assert.equal(await page.evaluate(() => history.length), length + 2);
});

stage.scene('an app moves on its own, and by every form of URL', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'forms-of-urls');
  await page.goto(`${app}/deep/page`);
  await restsAt(page, `${app}/deep/page`);
  const { origin } = new URL(app);
  /** @type {[url: string|null, address: string][]} */
  const moves = [
    ['/loaded?a', '/loaded?a'],
    [null, '/loaded?a'],
    ['?b#c', '/loaded?b#c'],
    [`${origin}/deep/page`, '/deep/page'],
    ['other', '/deep/other'],
    ['../../../loaded', '/loaded'],
    [`${app}/deep/page`, '/deep/page'],
    ['#d', '/deep/page#d'],
    ['', '/deep/page'],
  ];
  for (const name of /** @type {const} */ (['pushState', 'replaceState'])) {
    for (const [url, address] of moves) {
      const read = await page.evaluate(([way, value]) => {
        history[/** @type {'pushState'} */ (way)]({ kept: [value] }, '', value);
        return location.pathname + location.search + location.hash;
      }, [name, url]);
      assert.equal(read, address, `${name} ${url}`);
      await restsAt(page, app + address);
      assert.deepEqual(await page.evaluate(() => history.state), { kept: [url] });
    }
  }
  const read = await page.evaluate(() => {
    history.pushState(null, '', new URL('/loaded', location.href));
    return location.pathname;
  });
  assert.equal(read, '/loaded');
  const thrown = await page.evaluate(() => {
    try {
      history.pushState(null, '', 'https://elsewhere.example/');
    } catch (error) {
      return /** @type {Error} */ (error).name;
    }
    return 'nothing';
  });
  assert.equal(thrown, 'SecurityError');
  await restsAt(page, `${app}/loaded`);
});

stage.scene('links lead below the prefix however they are followed', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'links');
  await page.goto(`${app}/`);
  await says(page, '#late', '/');
  const link = page.getByRole('link', { name: 'Deep' });
  assert.equal(await link.evaluate((/** @type {HTMLAnchorElement} */ one) => `${one.pathname} ${one.getAttribute('href')}`), '/deep/page /deep/page?x=1#part');
  assert.ok((await link.evaluate((one) => new XMLSerializer().serializeToString(one))).includes('"/instance/links/deep/page'), 'as the browser copies it');

  for (const options of [{ modifiers: /** @type {'Control'[]} */ (['Control']) }, { button: /** @type {const} */ ('middle') }]) {
    const opened = page.context().waitForEvent('page');
    await link.click(options);
    const tab = await opened;
    await says(tab, 'main', 'deep ?x=1#part');
    await restsAt(tab, `${app}/deep/page?x=1#part`);
    await tab.close();
  }

  // One that a script put in, and one the app leaves to the browser.
  await page.evaluate(() => document.querySelector('nav')?.append(document.createRange().createContextualFragment('<a href="/deep/page?new">New</a>')));
  await page.getByRole('link', { name: 'New' }).click();
  await says(page, 'main', 'deep ?new');
  await page.getByRole('link', { name: 'Plain page' }).click();
  await until('the plain page', async () => (await page.title()) === 'Page of links');
  await restsAt(page, `${app}/page`);
  await page.goBack();
  await says(page, 'main', 'deep ?new');
  await restsAt(page, `${app}/deep/page?new`);
});

stage.scene('a reload while the app looks at its address ends in the app', DESK, async ({ page, watch, server }) => {
  const app = await rooted(server, 'reloads');
  watch.expect(/net::ERR_ABORTED/, /AbortError|Failed to fetch/);
  await page.goto(`${app}/`);
  await says(page, '#boot', '/');
  // Neither waits for the address to rest.
  await page.evaluate(() => location.reload());
  await says(page, '#late', '/');
  await page.getByRole('link', { name: 'Deep' }).click();
  await page.reload();
  await says(page, 'main', 'deep ?x=1#part');
  await says(page, '#late', '/deep/page');
  await restsAt(page, `${app}/deep/page?x=1#part`);
});

stage.scene('a reload at the root while the app looks at its address comes back from the dashboard', DESK, async ({ page, watch, dashboard, server }) => {
  const app = await rooted(server, 'comes-back');
  // The dashboard is left while it starts.
  watch.expect(/net::ERR_ABORTED/);
  await page.goto(`${app}/`);
  await restsAt(page, `${app}/`);
  await page.locator('nav').click();
  await page.reload();
  await says(page, 'main', 'home');
  await restsAt(page, `${app}/`);
  // Who goes to the dashboard stays there, by whichever way.
  await dashboard.open();
  await page.reload();
  await dashboard.live();
  await page.goto(`${app}/`);
  await says(page, '#late', '/');
  await page.goBack();
  await dashboard.live();
  await page.reload();
  await dashboard.live();
});

stage.scene('keys that reload and go back find the address as it is', DESK, async ({ page, server }) => {
  const app = await rooted(server, 'keys');
  await page.goto(`${app}/`);
  await restsAt(page, `${app}/`);
  const addresses = await page.evaluate(() => {
    /** @param {KeyboardEventInit} init */
    const after = (init) => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }));
      return location.pathname;
    };
    return [{ key: 'Enter' }, { key: 'F5' }, { key: 'x' }, { key: 'r', ctrlKey: true }, { key: 'x' }, { key: 'ArrowLeft', altKey: true }, { key: 'Shift' }].map(after);
  });
  const real = '/instance/keys/';
  assert.deepEqual(addresses, ['/', real, '/', real, '/', real, real]);
});
