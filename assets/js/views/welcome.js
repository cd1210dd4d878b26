// The screen one meets: the name on its wave, the version, and one tip. Drawn only while it can be seen.
import { el, isPhone, isStill, setText } from '../dom.js';
import { Crt } from './crt.js';

const FRAME = 1000 / 24;
/** The moment that is shown where nothing moves. */
const STILL = 4.2;
const LETTER = 26;
const TIP = 24_000;
/** So long, in milliseconds since the page was opened, the list goes first: drawing costs what its rows need. */
const AFTER_LIST = 1500;

const DESK_TIPS = [
  'Press ? for all keys. N makes a new instance.',
  'Arrow keys move through the table; Enter does the next sensible thing.',
  'Drag the lines between the panes, or move them with the arrow keys.',
  'Ctrl K finds everything that can be done, for every instance.',
  'A tool can have a window of its own: the arrow at the right of the tabs.',
];
const TIPS = [
  'An address works before its instance does: it shows how far the start is.',
  'Closing the browser stops nothing. Instances live on the server.',
  'Deleting goes to the trash first, and leaves your outputs unless you say otherwise.',
  'A log follows its end until you scroll up, and again when you are back down.',
  'Messages that went by are kept in Activity.',
];

export class WelcomeView {
  #shown = false;
  #inView = true;
  #frame = 0;
  #last = 0;
  #tip = Math.floor(Math.random() * TIPS.length);
  /** When its first letter was typed; 0: not yet. */
  #tipAt = 0;
  #life = new AbortController();

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.tips = isPhone() ? TIPS : [...TIPS, ...DESK_TIPS];
    this.canvas = el('canvas', { class: 'crt-canvas', 'aria-hidden': 'true' });
    this.crt = new Crt(this.canvas);
    const version = el('span', { class: 'mono' });
    this.typed = el('span', { class: 'crt-typed' });
    this.rest = el('span', { class: 'crt-rest' });
    this.element = el(
      'div',
      { class: 'tool-view crt' },
      this.canvas,
      el('div', { class: 'crt-band' }),
      el('div', { class: 'crt-glass' }),
      el('p', { class: 'crt-text' }, version, el('span', { class: 'crt-tip' }, this.typed, this.rest)),
    );
    this.instances = app.instances;
    const { signal } = this.#life;
    const name = () => setText(version, app.server.version ? `AiKore ${app.server.version}` : 'AiKore');
    app.server.addEventListener('change', name, { signal });
    name();
    document.addEventListener('visibilitychange', () => this.#decide(), { signal });
    matchMedia('(prefers-reduced-motion: reduce)').addEventListener('change', () => this.#decide(), { signal });
    this.sizes = new ResizeObserver(() => this.#fit());
    this.sizes.observe(this.element);
    this.sight = new IntersectionObserver((entries) => {
      this.#inView = entries.some((entry) => entry.isIntersecting);
      this.#decide();
    });
    this.sight.observe(this.element);
    this.#type(Infinity);
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#decide();
  }

  close() {
    this.setShown(false);
    this.#life.abort();
    this.sizes.disconnect();
    this.sight.disconnect();
  }

  get #waits() {
    return !isStill() && !this.instances.known && performance.now() < AFTER_LIST;
  }

  #decide() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const moving = this.#shown && this.#inView && !document.hidden && !isStill();
    this.element.dataset.moving = String(moving);
    if (moving) this.#frame = requestAnimationFrame((now) => this.#step(now));
    else if (this.#shown && isStill()) {
      this.#type(Infinity);
      this.crt.draw(STILL);
    }
  }

  /** @param {number} now */
  #step(now) {
    this.#frame = requestAnimationFrame((next) => this.#step(next));
    if (now - this.#last < FRAME || this.#waits) return;
    this.#last = now;
    this.#tipAt ||= now;
    if (now - this.#tipAt > TIP) {
      this.#tip = (this.#tip + 1) % this.tips.length;
      this.#tipAt = now;
    }
    this.#type(Math.floor((now - this.#tipAt) / LETTER));
    this.crt.draw(now / 1000);
  }

  /** Shows so many letters of the tip; the others keep their place. @param {number} letters */
  #type(letters) {
    const tip = this.tips[this.#tip];
    setText(this.typed, tip.slice(0, letters));
    setText(this.rest, tip.slice(letters));
  }

  #fit() {
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth || !clientHeight) return;
    this.crt.fit(clientWidth, clientHeight, Math.min(2, devicePixelRatio || 1));
    if (!this.#waits) this.crt.draw(isStill() ? STILL : performance.now() / 1000);
    this.#decide();
  }
}
