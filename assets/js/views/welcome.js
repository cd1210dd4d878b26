// The screen one meets: the name in block letters on a slow phosphor wave. Drawn only while it can be seen.
import { el, isPhone, isStill, setText } from '../dom.js';

/** Six letters on a 7-row grid. @type {Record<string, string[]>} */
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
const FRAME = 1000 / 24;
/** Phosphors, one after another. */
const PHOSPHOR = [
  [167, 139, 250],
  [94, 234, 155],
  [103, 232, 249],
  [251, 191, 90],
];
const HOLD = 9000;
const BLEND = 2500;

const DESK_TIPS = [
  'Press ? for all keys. N makes a new instance.',
  'Arrow keys move through the table; Enter does the next sensible thing.',
  'Drag the line above this screen to give the table more room.',
];
const TIPS = [
  'An address works before its instance does: it shows how far the start is.',
  'Closing the browser stops nothing. Instances live on the server.',
  'Deleting goes to the trash first, and leaves your outputs unless you say otherwise.',
  'A log follows its end until you scroll up, and again when you are back down.',
];

/** The name as columns of lit cells. @returns {string[]} */
function grid() {
  return Array.from({ length: ROWS }, (_, row) => [...WORD].map((letter) => LETTERS[letter][row]).join('.'));
}

export class WelcomeView {
  #shown = false;
  #inView = true;
  #frame = 0;
  #last = 0;
  #grid = grid();

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.canvas = el('canvas', { class: 'crt-canvas', 'aria-hidden': 'true' });
    this.version = el('span', { class: 'mono' });
    const tips = isPhone() ? TIPS : [...TIPS, ...DESK_TIPS];
    const tip = el('span', { text: tips[Math.floor(Math.random() * tips.length)] });
    this.element = el(
      'div',
      { class: 'tool-view crt' },
      this.canvas,
      el('div', { class: 'crt-glass' }),
      el('p', { class: 'crt-text' }, this.version, tip),
    );
    app.server.addEventListener('change', () => setText(this.version, app.server.version ? `AiKore ${app.server.version}` : 'AiKore'));
    document.addEventListener('visibilitychange', () => this.#decide());
    matchMedia('(prefers-reduced-motion: reduce)').addEventListener('change', () => this.#decide());
    new ResizeObserver(() => this.#fit()).observe(this.element);
    new IntersectionObserver((entries) => {
      this.#inView = entries.some((entry) => entry.isIntersecting);
      this.#decide();
    }).observe(this.element);
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#decide();
  }

  #decide() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#shown || !this.#inView || document.hidden) return;
    if (isStill()) this.#draw(0);
    else this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  /** @param {number} now */
  #step(now) {
    this.#frame = requestAnimationFrame((next) => this.#step(next));
    if (now - this.#last < FRAME) return;
    this.#last = now;
    this.#draw(now);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.element;
    const scale = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.round(clientWidth * scale);
    this.canvas.height = Math.round(clientHeight * scale);
    this.#decide();
    if (this.#shown) this.#draw(isStill() ? 0 : performance.now());
  }

  /** @param {number} now */
  #draw(now) {
    const pen = this.canvas.getContext('2d');
    const { width, height } = this.canvas;
    if (!pen || !width || !height) return;
    const columns = this.#grid[0].length;
    const cell = Math.max(2, Math.floor(Math.min((width * (width < height ? 0.86 : 0.72)) / columns, (height * 0.5) / (ROWS * 1.25), 26)));
    const tall = Math.round(cell * 1.25);
    const left = Math.round((width - cell * columns) / 2);
    const top = Math.round((height - tall * ROWS) / 2 - height * 0.06);
    const [red, green, blue] = phosphor(now);
    const time = now / 1000;
    pen.clearRect(0, 0, width, height);
    const gap = Math.max(1, Math.round(cell * 0.14));
    for (let row = 0; row < ROWS; row += 1) {
      const sway = Math.sin(time * 0.9 + row * 0.55) * cell * 0.55;
      for (let column = 0; column < columns; column += 1) {
        if (this.#grid[row][column] !== '#') continue;
        const wave = 0.5 + 0.5 * Math.sin(column * 0.22 - time * 1.1 + row * 0.3);
        const x = left + column * cell + sway;
        const y = top + row * tall;
        pen.fillStyle = `rgba(${red}, ${green}, ${blue}, 0.12)`;
        pen.fillRect(x - cell * 0.35, y - tall * 0.25, cell * 1.7, tall * 1.5);
        pen.fillStyle = `rgba(${red}, ${green}, ${blue}, ${0.42 + 0.58 * wave})`;
        pen.fillRect(x, y, cell - gap, tall - gap);
        if (wave > 0.82) {
          pen.fillStyle = `rgba(255, 255, 255, ${(wave - 0.82) * 2.4})`;
          pen.fillRect(x, y, cell - gap, tall - gap);
        }
      }
    }
  }
}

/** @param {number} now @returns {number[]} */
function phosphor(now) {
  const span = HOLD + BLEND;
  const at = Math.floor(now / span) % PHOSPHOR.length;
  const into = Math.max(0, (now % span) - HOLD) / BLEND;
  const from = PHOSPHOR[at];
  const to = PHOSPHOR[(at + 1) % PHOSPHOR.length];
  return from.map((value, part) => Math.round(value + (to[part] - value) * into));
}
