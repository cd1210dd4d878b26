// The pictures of the user guide: taken of the page as it is, small enough for a repository.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RESULTS } from '../../browser/support/stage.js';

/** Where the guide finds them. */
export const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
/** `make docs` writes them there; any other run looks at every scene and leaves the guide as it is. */
const WRITE = process.env.WRITE_IMAGES === '1';
const LARGEST = 120_000;
/** The best that is small enough. */
const QUALITIES = [86, 76, 64, 50];

/**
 * Takes a picture of what is in sight. `part`: only this, with a little around it.
 * @param {import('playwright-core').Page} page @param {string} name @param {import('playwright-core').Locator} [part]
 */
export async function take(page, name, part) {
  // The pointer lies where nothing answers to it.
  await page.mouse.move(2, 2);
  const box = part ? await part.boundingBox() : null;
  if (part && !box) throw new Error(`There is nothing to take a picture of: ${name}`);
  const view = page.viewportSize() ?? { width: 1280, height: 800 };
  const around = 12;
  const left = Math.max(0, (box?.x ?? 0) - around);
  const top = Math.max(0, (box?.y ?? 0) - around);
  const clip = { x: left, y: top, width: Math.min(view.width - left, (box?.width ?? view.width) + 2 * around), height: Math.min(view.height - top, (box?.height ?? view.height) + 2 * around), scale: 1 };
  const session = await page.context().newCDPSession(page);
  let data = Buffer.alloc(0);
  for (const quality of QUALITIES) {
    const shot = await session.send('Page.captureScreenshot', { format: 'webp', quality, clip });
    data = Buffer.from(shot.data, 'base64');
    if (data.length <= LARGEST) break;
  }
  await session.detach();
  if (data.length < 1000 || data.length > LARGEST) throw new Error(`The picture ${name} has ${data.length} bytes.`);
  await mkdir(RESULTS, { recursive: true });
  // For whoever looks at them on the way.
  await page.screenshot({ path: join(RESULTS, `docs-${name}.png`), clip });
  if (!WRITE) return;
  await mkdir(IMAGES, { recursive: true });
  await writeFile(join(IMAGES, `${name}.webp`), data);
}
