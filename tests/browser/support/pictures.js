// A page compared with how it looked when somebody last found it good.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { RESULTS } from './stage.js';

const BASELINES = fileURLToPath(new URL('../baselines/', import.meta.url));
const WRITE = process.env.UPDATE_BASELINES === '1';
/** So many pixels of a thousand may differ: the edges of a few letters, not a word. */
const PER_MILLE = 2;
/** How far apart two colours may be (0 to 1). */
const COLOUR = 0.12;

/**
 * Half as wide and high, and with 16 steps of each colour: what a person sees at a glance, in files that stay small.
 * @param {PNG} full
 */
function reduce(full) {
  const small = new PNG({ width: full.width >> 1, height: full.height >> 1 });
  for (let y = 0; y < small.height; y += 1) {
    for (let x = 0; x < small.width; x += 1) {
      const to = (y * small.width + x) * 4;
      const from = (y * 2 * full.width + x * 2) * 4;
      for (let channel = 0; channel < 3; channel += 1) {
        const below = from + full.width * 4;
        const sum = full.data[from + channel] + full.data[from + 4 + channel] + full.data[below + channel] + full.data[below + 4 + channel];
        small.data[to + channel] = Math.min(255, Math.round(sum / 64) * 16);
      }
      small.data[to + 3] = 255;
    }
  }
  return small;
}

/** Few colours in long runs: unfiltered rows pack best. @param {PNG} image */
const packed = (image) => PNG.sync.write(image, { colorType: 2, inputHasAlpha: true, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });

/**
 * Playwright's own way of adding a style is refused by our Content-Security-Policy; a sheet made by a script is not.
 * @template T @param {import('playwright-core').Page} page @param {string} style @param {() => Promise<T>} work
 */
async function withStyle(page, style, work) {
  const sheet = await page.evaluateHandle((text) => {
    const made = new CSSStyleSheet();
    made.replaceSync(text);
    document.adoptedStyleSheets.push(made);
    return made;
  }, style);
  try {
    return await work();
  } finally {
    await page.evaluate((made) => void (document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== made)), sheet);
  }
}

/**
 * What is wrong with the look of a page, or null. `hidden`: selectors of what differs from run to run; it keeps its place.
 * @param {import('playwright-core').Page} page @param {string} name @param {readonly string[]} hidden
 * @returns {Promise<string|null>}
 */
export async function differs(page, name, hidden) {
  const shot = await withStyle(page, `* { caret-color: transparent !important; } ${hidden.join(',')} { visibility: hidden !important; }`, () => page.screenshot({ animations: 'disabled', caret: 'initial', scale: 'css' }));
  await mkdir(RESULTS, { recursive: true });
  const place = (/** @type {string} */ kind) => join(RESULTS, `look-${name}${kind}.png`);
  await writeFile(place(''), shot);
  const actual = reduce(PNG.sync.read(shot));
  const baseline = join(BASELINES, `${name}.png`);
  await Promise.all(['-actual', '-diff'].map((kind) => rm(place(kind), { force: true })));
  if (WRITE) {
    await mkdir(BASELINES, { recursive: true });
    await writeFile(baseline, packed(actual));
    return null;
  }
  const wanted = await readFile(baseline).then((data) => PNG.sync.read(data), () => null);
  if (!wanted) return `${name}: there is no baseline yet (UPDATE_BASELINES=1 writes it)`;
  if (wanted.width !== actual.width || wanted.height !== actual.height) return `${name}: ${actual.width}×${actual.height} instead of ${wanted.width}×${wanted.height}`;
  const diff = new PNG({ width: actual.width, height: actual.height });
  const count = pixelmatch(wanted.data, actual.data, diff.data, actual.width, actual.height, { threshold: COLOUR });
  if (count <= (actual.width * actual.height * PER_MILLE) / 1000) return null;
  await writeFile(place('-actual'), packed(actual));
  await writeFile(place('-diff'), packed(diff));
  return `${name}: ${count} pixels differ; see ${place('-actual')} and ${place('-diff')}`;
}
