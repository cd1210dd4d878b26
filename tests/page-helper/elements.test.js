// URLs that scripts put into the page: with the prefix in the DOM, and what a script reads back.
import assert from 'node:assert/strict';
import { DESK, setStage } from '../browser/support/stage.js';
import { restsAt, rooted } from './support.js';

const stage = setStage();
const PREFIX = '/instance/elements';

stage.scene('attributes and properties', DESK, async ({ page, watch, server }) => {
  const app = await rooted(server, 'elements');
  const { origin } = new URL(app);
  // What is set here does not exist, most of it.
  watch.expect(/./);
  await page.goto(`${app}/page`);
  /** @type {[tag: string, attribute: string, value: string, stored: string, read: string][]} */
  const cases = [
    ['a', 'href', '/x?y#z', `${PREFIX}/x?y#z`, '/x?y#z'],
    ['a', 'href', '/', `${PREFIX}/`, '/'],
    ['a', 'href', `${origin}/x`, `${origin}${PREFIX}/x`, `${origin}/x`],
    ['a', 'href', 'x', 'x', 'x'],
    ['a', 'href', '#x', '#x', '#x'],
    ['a', 'href', '', '', ''],
    ['a', 'href', '//elsewhere.example/x', '//elsewhere.example/x', '//elsewhere.example/x'],
    ['a', 'href', '/\\elsewhere.example/x', '/\\elsewhere.example/x', '/\\elsewhere.example/x'],
    ['a', 'href', 'https://elsewhere.example/x', 'https://elsewhere.example/x', 'https://elsewhere.example/x'],
    ['a', 'href', 'mailto:a@b.example', 'mailto:a@b.example', 'mailto:a@b.example'],
    ['a', 'href', '/.aikore/x', '/.aikore/x', '/.aikore/x'],
    ['a', 'href', '/../../x', `${PREFIX}/x`, '/x'],
    ['a', 'href', `${PREFIX}/x`, `${PREFIX}/x`, '/x'],
    ['a', 'href', '/instance/elements-too/x', `${PREFIX}/instance/elements-too/x`, '/instance/elements-too/x'],
    ['form', 'action', '/x', `${PREFIX}/x`, '/x'],
    ['button', 'formaction', '/x', `${PREFIX}/x`, '/x'],
    ['img', 'src', '/x', `${PREFIX}/x`, `${PREFIX}/x`],
    ['img', 'src', 'data:image/gif;base64,R0lGODlhAQABAAAAACw=', 'data:image/gif;base64,R0lGODlhAQABAAAAACw=', 'data:image/gif;base64,R0lGODlhAQABAAAAACw='],
    ['img', 'srcset', '/a 1x, /b,c 2x,//d 3x', `${PREFIX}/a 1x, ${PREFIX}/b,c 2x,//d 3x`, `${PREFIX}/a 1x, ${PREFIX}/b,c 2x,//d 3x`],
    ['object', 'data', '/x', `${PREFIX}/x`, `${PREFIX}/x`],
    ['div', 'data', '/x', '/x', '/x'],
    ['x-link', 'href', '/x', '/x', '/x'],
  ];
  const found = await page.evaluate((all) => all.map(([tag, name, value]) => {
    const [byMethod, byProperty] = [document.createElement(tag), document.createElement(tag)];
    byMethod.setAttribute(name.toUpperCase(), value);
    const property = name === 'formaction' ? 'formAction' : name;
    if (property in byProperty) /** @type {any} */ (byProperty)[property] = value;
    else byProperty.setAttribute(name, value);
    return [tag, name, value, byMethod.attributes[0].value, byMethod.getAttribute(name), byProperty.attributes[0].value];
  }), cases);
  assert.deepEqual(found, cases.map(([tag, name, value, stored, read]) => [tag, name, value, stored, read, stored]));
  // Relative ones of what is fetched at once refer to the app's idea of the address, hidden or not.
  const relative = () => page.evaluate(() => {
    history.replaceState(null, '', '/deep/page');
    const hidden = Object.assign(document.createElement('img'), { src: 'x.png' }).src;
    return [location.pathname, new URL(hidden).pathname];
  });
  assert.deepEqual(await relative(), ['/deep/page', `${PREFIX}/deep/x.png`]);
  await restsAt(page, `${app}/deep/page`);
  const parts = await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = '/x/y?z';
    const read = [link.href, String(link), link.pathname, link.search, link.host === location.host];
    link.pathname = 'other';
    return [...read, link.pathname, link.attributes[0].value];
  });
  assert.deepEqual(parts, [`${origin}/x/y?z`, `${origin}/x/y?z`, '/x/y', '?z', true, '/other', `${origin}${PREFIX}/other?z`]);
});

stage.scene('markup keeps its structure', DESK, async ({ page, watch, server }) => {
  const app = await rooted(server, 'markup');
  watch.expect(/./);
  await page.goto(`${app}/page`);
  const found = await page.evaluate(() => {
    const key = /** @type {'innerHTML'} */ ('inner' + 'HTML');
    const insert = /** @type {'insertAdjacentHTML'} */ ('insertAdjacent' + 'HTML');
    /** @param {Element|ShadowRoot|DocumentFragment} root */
    const shape = (root) => [...root.querySelectorAll('*')].map((one) => one.localName).join(' ');
    const body = document.createElement('tbody');
    body[key] = '<tr><td><a href="/x">x</a></td></tr>';
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    svg[key] = '<use href="/sprite.svg#a"/><feImage xlink:href="/b"/>';
    const template = document.createElement('template');
    template[key] = '<template><img src="/x"></template><a href="/y">y</a>';
    const host = document.createElement('div');
    const shadow = host.attachShadow({ mode: 'open' });
    shadow[key] = '<slot></slot><img src="/x">';
    const list = document.createElement('ul');
    list[key] = '<li>middle</li>';
    for (const [where, text] of [['beforeend', 'last'], ['afterBegin', 'first']]) list[insert](/** @type {InsertPosition} */ (where), `<li><a href="/x">${text}</a></li>`);
    const noscript = document.createElement('div');
    noscript[key] = '<noscript><img src="/x"></noscript><a href="/x">x</a>';
    const script = document.createElement('div');
    script[key] = '<a href="/x">x</a><script>window.ran = true</' + 'script>';
    document.body.append(script);
    /** @type {string[]} */
    const thrown = [];
    for (const wrong of [() => list[insert](/** @type {any} */ ('nowhere'), '<a href="/x"></a>'), () => document.createElement('a').setAttribute(...(/** @type {[string, string]} */ (/** @type {unknown} */ (['href']))))]) {
      try {
        wrong();
      } catch (error) {
        thrown.push(/** @type {Error} */ (error).name);
      }
    }
    return {
      table: shape(body),
      svg: [...svg.children].map((one) => `${one.namespaceURI?.slice(-3)} ${one.attributes[0].value}`).join(),
      template: [shape(template.content), template.content.querySelector('template')?.content.querySelector('img')?.getAttribute('src'), template.content.querySelector('a')?.attributes[0].value],
      shadow: [shape(shadow), shadow.querySelector('img')?.getAttribute('src')],
      list: list.textContent,
      noscript: shape(noscript),
      ran: 'ran' in window,
      thrown,
    };
  });
  assert.deepEqual(found, {
    table: 'tr td a',
    svg: 'svg /instance/markup/sprite.svg#a,svg /instance/markup/b',
    template: ['template a', '/instance/markup/x', '/instance/markup/y'],
    shadow: ['slot img', '/instance/markup/x'],
    list: 'firstmiddlelast',
    noscript: 'noscript a',
    ran: false,
    thrown: ['SyntaxError', 'TypeError'],
  });
});

stage.scene('a frame without an origin, and a second helper', DESK, async ({ page, watch, server }) => {
  const app = await rooted(server, 'alone');
  // The frame's own script asks across origins.
  watch.expect(/./);
  await page.goto(`${app}/page`);
  const same = await page.evaluate(async () => {
    const frame = Object.assign(document.createElement('iframe'), { src: '/framed' });
    frame.sandbox.add('allow-scripts');
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    const { fetch } = window;
    const again = document.createElement('script');
    again.src = '/instance/alone/.aikore/page-helper.js';
    document.head.append(again);
    await new Promise((resolve) => again.addEventListener('load', resolve));
    return fetch === window.fetch;
  });
  assert.equal(same, true, 'nothing is wrapped twice');
  const frame = page.frames().find((one) => one.url().endsWith('/framed') && one.parentFrame() && one !== page.frames()[1]);
  assert.equal(await frame?.locator('#where').textContent(), '/instance/alone/framed');
});
