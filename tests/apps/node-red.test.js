// The newest Node-RED (`strip`): its editor names everything from where it is, and hears of messages by a websocket.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { everyWayIn } from './support/ways.js';

const MEASURE = `
  const { size, buffer } = msg.req.files[0];
  msg.payload = size + ' ' + crypto.createHash('sha256').update(buffer).digest('hex');
  return msg;`;

/** @typedef {import('./support/ways.js').Look['page']} Page */

/** A flow that takes a file, says what it was, and shows that in the sidebar. @param {string} mark */
const flow = (mark) => [
  { id: `tab-${mark}`, type: 'tab', label: `Files ${mark}` },
  { id: `in-${mark}`, z: `tab-${mark}`, type: 'http in', name: `in ${mark}`, url: `/measure-${mark}`, method: 'post', upload: true, x: 160, y: 100, wires: [[`measure-${mark}`]] },
  { id: `measure-${mark}`, z: `tab-${mark}`, type: 'function', name: 'measure', func: MEASURE, outputs: 1, libs: [{ var: 'crypto', module: 'crypto' }], x: 340, y: 100, wires: [[`out-${mark}`, `debug-${mark}`]] },
  { id: `out-${mark}`, z: `tab-${mark}`, type: 'http response', name: '', x: 520, y: 80, wires: [] },
  { id: `debug-${mark}`, z: `tab-${mark}`, type: 'debug', name: '', active: true, tosidebar: true, complete: 'payload', targetType: 'msg', x: 520, y: 140, wires: [] },
];

/** @param {Page} page @param {string} mark */
const tab = (page, mark) => page.locator('#red-ui-workspace-tabs').getByText(`Files ${mark}`, { exact: true });

/** @param {Page} page @param {string} mark */
async function imports(page, mark) {
  await page.keyboard.press('Control+i');
  await page.locator('#red-ui-clipboard-dialog-import-file-upload').setInputFiles({ name: 'flow.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(flow(mark))) });
  await page.locator('#red-ui-clipboard-dialog-ok').click();
  await tab(page, mark).waitFor();
}

/** A file goes up whole, to an address that did not exist before. Gives what came back. @param {Page} page @param {string} url @param {Buffer} content */
const sends = (page, url, content) =>
  page.evaluate(async ({ url, base64 }) => {
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]), 'weights.bin');
    return (await fetch(url, { method: 'POST', body: form })).text();
  }, { url, base64: content.toString('base64') });

everyWayIn({
  name: 'Node-RED',
  slug: 'node-red',
  blueprint: 'node-red.sh',
  told: false,
  sockets: [/\/comms$/],
  // The list of what else can be installed.
  elsewhere: [/^https:\/\/catalogue\.nodered\.org\//],
  async use({ page, address, below, mark }) {
    const listens = page.waitForEvent('websocket');
    await page.goto(address);
    await page.locator('#red-ui-palette').getByText('http in').waitFor();
    await listens;
    await imports(page, mark);
    await page.locator('#red-ui-header-button-deploy').click();
    await page.getByText('Successfully deployed').waitFor();

    // What is deployed answers, and the editor hears of it.
    const content = randomBytes(3_000_000);
    const facts = `${content.length} ${createHash('sha256').update(content).digest('hex')}`;
    assert.equal(await sends(page, `${below}measure-${mark}`, content), facts);
    await page.locator('.red-ui-debug-msg').getByText(facts).waitFor();

    // A flow's own address, after a reload there, and from outside.
    await tab(page, mark).click();
    await page.waitForURL((url) => url.href.startsWith(`${below}#flow/`));
    await page.locator('#red-ui-workspace-tabs .active').getByText(`Files ${mark}`).waitFor();
    const deep = page.url();
    for (const visit of [() => page.reload(), () => page.goto('about:blank').then(() => page.goto(deep))]) {
      await visit();
      await page.locator('#red-ui-workspace-tabs .active').getByText(`Files ${mark}`).waitFor();
      await page.waitForURL(deep);
    }
  },
});
