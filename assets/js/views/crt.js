// The picture on the welcome screen: block letters on a slow phosphor wave, drawn as a tube would. Knows nothing of the page.

/** The letters on a grid of seven rows. @type {Record<string, string[]>} */
const LETTERS = {
  A: ['..##..', '.####.', '##..##', '##..##', '######', '##..##', '##..##'],
  i: ['##', '..', '##', '##', '##', '##', '##'],
  K: ['##..##', '##.##.', '####..', '###...', '####..', '##.##.', '##..##'],
  o: ['......', '......', '.####.', '##..##', '##..##', '##..##', '.####.'],
  r: ['.....', '.....', '##.##', '###..', '##...', '##...', '##...'],
  e: ['......', '......', '.####.', '##..##', '######', '##....', '.#####'],
};
const WORD = 'AiKore';
const ROWS = 7;
const GRID = Array.from({ length: ROWS }, (_, row) => [...WORD].map((letter) => LETTERS[letter][row]).join('.'));
const COLUMNS = GRID[0].length;
const LIT = GRID.flatMap((line, row) => [...line].flatMap((cell, column) => (cell === '#' ? [{ row, column }] : [])));

/** Phosphors, one after another; each passes into the next along the name. @type {readonly (readonly [number, number, number])[]} */
const PHOSPHORS = [
  [167, 139, 250],
  [94, 234, 155],
  [103, 232, 249],
  [251, 191, 90],
  [244, 134, 198],
];
const HOLD = 9;
const BLEND = 3;
/** The glow is drawn this much smaller: scaling it up again blurs it. */
const COARSE = 7;

/** Where the name stands, in pixels of the canvas. @typedef {{ cell: number, tall: number, left: number, top: number }} Place */

/** @param {readonly number[]} from @param {readonly number[]} to @param {number} share */
const mix = (from, to, share) => from.map((value, at) => Math.round(value + (to[at] - value) * share));

/** @param {number[]} colour @param {number} alpha */
const rgba = ([red, green, blue], alpha) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;

/** So far is the right end of the name ahead of the left on the way from one phosphor to the next. */
const AHEAD = 0.36;

/** The colour at a place of the name (0 to 1): a change runs through it. @param {number} time in seconds @param {number} place */
function phosphor(time, place) {
  const phase = time / (HOLD + BLEND);
  const share = Math.max(0, (phase % 1) * (HOLD + BLEND) - HOLD) / BLEND;
  const at = Math.floor(phase) + share * share * (3 - 2 * share) + place * AHEAD;
  const index = Math.floor(at) % PHOSPHORS.length;
  return mix(PHOSPHORS[index], PHOSPHORS[(index + 1) % PHOSPHORS.length], at % 1);
}

export class Crt {
  #glow = document.createElement('canvas');
  #scale = 1;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext('2d');
  }

  /** @param {number} width @param {number} height in CSS pixels @param {number} scale */
  fit(width, height, scale) {
    this.#scale = scale;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.#glow.width = Math.ceil(this.canvas.width / COARSE);
    this.#glow.height = Math.ceil(this.canvas.height / COARSE);
  }

  /** @param {number} time in seconds */
  draw(time) {
    const { pen } = this;
    const { width, height } = this.canvas;
    if (!pen || !width || !height) return;
    pen.clearRect(0, 0, width, height);
    const name = this.#place(width, height);
    this.#trace(pen, width, name, time);
    this.#letters(pen, name, time);
    this.#bloom(pen, name, time);
  }

  /** @param {number} width @param {number} height @returns {Place} */
  #place(width, height) {
    const cell = Math.max(2, Math.floor(Math.min((width * (width < height ? 0.86 : 0.74)) / COLUMNS, (height * 0.46) / (ROWS * 1.25), 30 * this.#scale)));
    const tall = Math.round(cell * 1.25);
    return { cell, tall, left: Math.round((width - cell * COLUMNS) / 2), top: Math.round(height * 0.42 - (tall * ROWS) / 2) };
  }

  /** How far the wave lifts what stands at this place of the screen (0 to 1). @param {number} place @param {number} time */
  #wave(place, time) {
    return Math.sin(place * 7 - time * 0.9) * 0.6 + Math.sin(place * 13 + time * 0.53) * 0.25;
  }

  /** The beam's line, on which the name rides. @param {CanvasRenderingContext2D} pen @param {number} width @param {Place} name @param {number} time */
  #trace(pen, width, { cell, tall, top }, time) {
    const base = top + tall * (ROWS + 1.6);
    const path = new Path2D();
    const step = Math.max(4, Math.round(width / 160));
    for (let x = 0; x <= width + step; x += step) path.lineTo(x, base + this.#wave(x / width, time) * cell * 1.5);
    const beam = ((time * 0.11) % 1.3) - 0.15;
    const run = pen.createLinearGradient(0, 0, width, 0);
    const colour = phosphor(time, 0.5);
    const stop = (/** @type {number} */ at, /** @type {number} */ alpha) => run.addColorStop(Math.min(1, Math.max(0, at)), rgba(colour, alpha));
    stop(0, 0.24);
    stop(beam - 0.34, 0.26);
    stop(beam - 0.01, 1);
    stop(beam + 0.005, 0.24);
    stop(1, 0.24);
    pen.lineJoin = 'round';
    pen.strokeStyle = run;
    for (const [thick, alpha] of [[7, 0.16], [3, 0.3], [1.4, 1]]) {
      pen.globalAlpha = alpha;
      pen.lineWidth = thick * this.#scale;
      pen.stroke(path);
    }
    pen.globalAlpha = 1;
  }

  /** Calls back for each lit cell with where it is and how bright. @param {Place} name @param {number} time @param {(x: number, y: number, colour: number[], light: number, row: number) => void} each */
  #cells({ cell, tall, left, top }, time, each) {
    for (const { row, column } of LIT) {
      const place = column / COLUMNS;
      const x = left + column * cell + Math.sin(time * 0.8 + row * 0.5) * cell * 0.35;
      const y = top + row * tall + this.#wave(place * 0.74 + 0.13, time) * cell * 0.9;
      const light = 0.5 + 0.5 * Math.sin(column * 0.24 - time * 1.2 + row * 0.35);
      each(x, y, phosphor(time, place), light, row);
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {Place} name @param {number} time */
  #letters(pen, name, time) {
    const { cell, tall, top } = name;
    const gap = Math.max(1, Math.round(cell * 0.12));
    const foot = top + tall * (ROWS + 0.7);
    this.#cells(name, time, (x, y, colour, light, row) => {
      // The block behind each cell, then the cell, then its white heart.
      pen.fillStyle = rgba(colour, 0.13);
      pen.fillRect(x - cell * 0.3, y - tall * 0.22, cell * 1.6, tall * 1.44);
      pen.fillStyle = rgba(mix(colour, [255, 255, 255], Math.max(0, light - 0.72) * 1.9), 0.5 + 0.5 * light);
      pen.fillRect(x, y, cell - gap, tall - gap);
      // Its image in the glass below, the nearer to the foot the clearer.
      pen.fillStyle = rgba(colour, 0.02 + 0.018 * row);
      pen.fillRect(x, foot + (foot - y - tall) * 0.42, cell - gap, (tall - gap) * 0.42);
    });
  }

  /** Light that spreads in the glass. @param {CanvasRenderingContext2D} pen @param {Place} name @param {number} time */
  #bloom(pen, name, time) {
    const glow = this.#glow.getContext('2d');
    if (!glow) return;
    const { cell, tall, left, top } = name;
    const around = cell * 3;
    const [x0, y0] = [left - around, top - around];
    const [wide, high] = [COLUMNS * cell + around * 2, ROWS * tall + around * 2];
    glow.setTransform(1, 0, 0, 1, 0, 0);
    glow.clearRect(0, 0, this.#glow.width, this.#glow.height);
    glow.setTransform(1 / COARSE, 0, 0, 1 / COARSE, -x0 / COARSE, -y0 / COARSE);
    this.#cells(name, time, (x, y, colour, light) => {
      glow.fillStyle = rgba(colour, 0.16 + 0.34 * light);
      glow.fillRect(x - cell * 0.5, y - tall * 0.5, cell * 2, tall * 2);
    });
    pen.globalCompositeOperation = 'lighter';
    pen.globalAlpha = 0.62;
    pen.drawImage(this.#glow, 0, 0, wide / COARSE, high / COARSE, x0, y0, wide, high);
    pen.globalAlpha = 1;
    pen.globalCompositeOperation = 'source-over';
  }
}
