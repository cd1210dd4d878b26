// IOPaint (`strip`) with its real torch, brought along as a list of packages: addresses from the root, and socket.io.
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../browser/support/wait.js';
import { commit } from '../apps/support/sources.js';
import { everyWayIn } from '../apps/support/ways.js';

everyWayIn({
  name: 'IOPaint',
  slug: 'iopaint',
  blueprint: 'generic-python.sh',
  told: false,
  sockets: [/\/socket\.io\//],
  patience: 1_800_000,
  elsewhere: [/^https:\/\//],
  // When it is asked to save what it has not painted yet.
  races: [/Cannot read properties of undefined \(reading 'currentSrc'\)/],
  async params(server) {
    const folder = join(server.folder, 'sources/iopaint');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'requirements.txt'), 'iopaint==1.6.0\n');
    // A model that needs no download.
    return { source: await commit(folder), python: '3.11', command: 'iopaint start --model cv2 --host 127.0.0.1 --port $WEBUI_PORT --output-dir "$INSTANCE_OUTPUT_DIR"' };
  },
  async use({ page, address, below, mark, outputs }) {
    await page.goto(address);
    await page.waitForURL(below);
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 240 } });
    await page.locator('input[type=file]').first().setInputFiles({ name: `${mark}.png`, mimeType: 'image/png', buffer: picture });
    const canvas = page.locator('canvas').last();
    await canvas.waitFor();

    // A stroke over it: what is under it is painted anew.
    const painted = page.waitForResponse((response) => response.url().endsWith('/api/v1/inpaint'));
    const box = await canvas.boundingBox();
    assert.ok(box, 'the picture is there');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 + 10, { steps: 5 });
    await page.mouse.up();
    assert.equal((await painted).status(), 200);

    // And saved on the server's side, as soon as the page has it.
    await until('the saved picture', async () => {
      await page.keyboard.press('Control+s');
      await page.waitForTimeout(1000);
      return (await readdir(outputs)).some((name) => name.includes(mark));
    }, 20_000);
    await page.reload();
    await page.waitForURL(below);
  },
});
