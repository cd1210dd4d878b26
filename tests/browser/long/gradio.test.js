// The Gradio demo: installed for real from PyPI by uv, then used through every channel a Gradio app has.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { chats, greets, measures, openTab, queues } from '../support/gradio.js';
import { DESK, setStage } from '../support/stage.js';
import { until } from '../support/wait.js';

const stage = setStage();
const INSTALL = 300_000;

/** A picture of one colour. @param {number} width @param {number} height @param {number[]} rgb */
function png(width, height, rgb) {
  const table = Array.from({ length: 256 }, (_, at) => Array.from({ length: 8 }).reduce((/** @type {number} */ sum) => (sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1), at));
  const crc = (/** @type {Buffer} */ data) => ~data.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), -1) >>> 0;
  const chunk = (/** @type {string} */ type, /** @type {Buffer} */ data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.from(Array.from({ length: width }, () => rgb).flat())]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

stage.scene('the Gradio demo installs, opens and works under /instance/…/', { ...DESK, timeout: INSTALL + 120_000 }, async ({ page, dashboard, watch, server }) => {
  // Gradio's own ways, with the app alone too: it ends its event streams itself, and warns of what it has not made.
  watch.expect(/^failed request: GET \S+\/gradio_api\/queue\/data\S+ \(net::ERR_ABORTED\)$/, /^console warning: Method not implemented\./);
  await dashboard.open();
  await dashboard.create('Gradio demo', 'Gradio');

  // While it installs, its row tells how far it is.
  const row = dashboard.row('Gradio');
  const phases = new Set();
  await until('the demo started', async () => {
    const [status, why, figure] = await Promise.all([row.getAttribute('data-status'), row.locator('.status-why').textContent(), row.locator('.bar-figure').textContent()]);
    if (status === 'installing') phases.add(`${why} ${figure}`);
    assert.notEqual(status, 'error', why ?? '');
    return status === 'started';
  }, INSTALL);
  assert.ok([...phases].some((phase) => /^Installing Gradio \(2 of 3\) 33 %$/.test(phase)), `phases seen: ${[...phases].join(', ')}`);

  const opened = page.context().waitForEvent('page');
  await dashboard.act(dashboard.primary('Gradio'));
  const app = await opened;
  await app.bringToFront();
  assert.equal(new URL(app.url()).pathname, '/instance/gradio/');
  await app.getByRole('heading', { name: 'Gradio' }).waitFor();

  await greets(app);
  await chats(app);

  // An image goes up, is changed, comes back, and is kept.
  await openTab(app, 'Image');
  await app.locator('#image-in input[type=file]').setInputFiles({ name: 'red.png', mimeType: 'image/png', buffer: png(64, 48, [200, 30, 30]) });
  await app.locator('#image-in img').waitFor();
  await app.getByLabel('Negative').check();
  await app.getByRole('button', { name: 'Change it' }).click();
  await app.locator('#image-kept').getByText('64 × 48 pixels').waitFor();
  const size = await until('the changed image, loaded', () => app.locator('#image-out img').evaluate((/** @type {HTMLImageElement} */ image) => image.complete && image.naturalWidth && [image.naturalWidth, image.naturalHeight]));
  assert.deepEqual(size, [64, 48]);
  assert.ok((await readdir(join(server.folder, 'outputs', 'Gradio'))).some((name) => /^gradio-.*\.png$/.test(name)));

  await measures(app, randomBytes(5_000_000));
  await queues(app);

  await app.close();
  await page.bringToFront();
  await dashboard.choose('Gradio', 'Stop');
  await dashboard.reaches('Gradio', 'stopped');
});
