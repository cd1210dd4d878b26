// Small landscapes, as an app that makes pictures would leave them in its output folder.
import { PNG } from 'pngjs';

const WIDTH = 384;
const HEIGHT = 384;
/** Sky above, sky at the horizon, and the hills from far to near. @type {readonly (readonly [number, number, number])[][]} */
const LIGHTS = [
  [[36, 28, 72], [236, 132, 96], [128, 72, 104], [76, 44, 88], [36, 24, 60]],
  [[92, 160, 216], [216, 232, 240], [136, 176, 168], [84, 140, 108], [40, 92, 68]],
  [[12, 20, 44], [60, 92, 136], [48, 72, 104], [28, 48, 76], [12, 24, 44]],
  [[248, 196, 120], [252, 232, 192], [224, 164, 104], [188, 116, 72], [128, 72, 52]],
];

/** One of them; each number is another one. @param {number} number @returns {Buffer} */
export function hills(number) {
  const [top, horizon, ...ground] = LIGHTS[number % LIGHTS.length];
  const image = new PNG({ width: WIDTH, height: HEIGHT });
  for (let x = 0; x < WIDTH; x += 1) {
    const edges = ground.map((_, near) => HEIGHT * (0.42 + 0.17 * near) + 26 * Math.sin(x / (70 - 12 * near) + number * 1.7 + near * 2.3) + 9 * Math.sin(x / 17 + number + near));
    for (let y = 0; y < HEIGHT; y += 1) {
      const near = edges.findLastIndex((edge) => y >= edge);
      const share = Math.min(1, y / (HEIGHT * 0.5));
      const colour = near >= 0 ? ground[near] : top.map((from, channel) => from + (horizon[channel] - from) * share);
      image.data.set([...colour, 255], (y * WIDTH + x) * 4);
    }
  }
  return PNG.sync.write(image);
}
