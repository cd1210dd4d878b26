// A terminal's screen, for shells and logs alike: xterm.js with our colours, the pane's zoom, links, and its search.
import { FitAddon, SearchAddon, Terminal, Unicode11Addon, WebglAddon, WebLinksAddon } from '../../vendor/xterm.js';
import { el, isPhone } from '../dom.js';
import { recall, remember } from '../prefs.js';
import { zooms } from '../zoom.js';
import { themeNow, whenRecoloured } from './colours.js';

const FONT = 'terminal.font';
const FONT_NOW = 13;
const FONT_LEAST = 8;
const FONT_MOST = 32;

/** @type {boolean|undefined} */
let card;

/** Whether there is a graphics card to draw with: by software, the document is quicker. */
function hasCard() {
  if (card === undefined) {
    const context = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
    const told = context?.getExtension('WEBGL_debug_renderer_info');
    const name = context ? String(context.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : context.RENDERER)) : '';
    card = context !== null && !/swiftshader|llvmpipe|software|basic render/i.test(name);
    // A browser has few of them.
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return card;
}

/**
 * @typedef {object} ScreenOptions
 * @property {string} label for screen readers
 * @property {string} zoom the key of the pane's size: letters grow with it, since a magnified drawing would be blurred
 * @property {boolean} [readOnly] what is shown takes no input
 * @property {number} [scrollback] lines kept above the screen
 */

/** Emits `resize` when it has other rows and columns. */
export class Screen extends EventTarget {
  #life = new AbortController();
  #fit = new FitAddon();
  #opened = false;
  #shown = false;
  #planned = false;
  /** @type {WebglAddon|null} */
  #gl = null;

  /** @param {ScreenOptions} options */
  constructor({ label, zoom, readOnly = false, scrollback = 10_000 }) {
    super();
    this.label = label;
    this.zoom = zoom;
    this.element = el('div', { class: 'screen' });
    this.terminal = new Terminal({
      allowProposedApi: true,
      convertEol: false,
      cursorBlink: !readOnly,
      cursorStyle: 'bar',
      cursorInactiveStyle: readOnly ? 'none' : 'outline',
      disableStdin: readOnly,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
      fontSize: this.#drawnSize,
      lineHeight: 1.2,
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
      scrollback,
      theme: themeNow(),
    });
    this.search = new SearchAddon({ highlightLimit: 2000 });
    for (const addon of [this.#fit, this.search, new Unicode11Addon(), new WebLinksAddon((_event, address) => window.open(address, '_blank', 'noopener'))]) this.terminal.loadAddon(addon);
    this.terminal.unicode.activeVersion = '11';
    this.terminal.onResize(() => this.dispatchEvent(new Event('resize')));
    const { signal } = this.#life;
    zooms.addEventListener('zoom', () => this.#resize(), { signal });
    whenRecoloured(() => (this.terminal.options.theme = themeNow()), signal);
    const observer = new ResizeObserver(() => this.#plan());
    observer.observe(this.element);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  /** Whether it was ever in sight: before that nobody knows how large it is. */
  get isOpen() {
    return this.#opened;
  }

  get rows() {
    return this.terminal.rows;
  }

  get cols() {
    return this.terminal.cols;
  }

  get fontSize() {
    const kept = Number(recall(FONT, String(FONT_NOW)));
    return kept >= FONT_LEAST && kept <= FONT_MOST ? kept : FONT_NOW;
  }

  /** Larger or smaller letters, for every screen from now on; 0: back to what they were. @param {number} by */
  enlarge(by) {
    const next = by === 0 ? FONT_NOW : Math.min(FONT_MOST, Math.max(FONT_LEAST, this.fontSize + by));
    remember(FONT, String(next));
    this.#resize();
  }

  get #drawnSize() {
    return Math.round((this.fontSize * (isPhone() ? 100 : zooms.get(this.zoom))) / 100);
  }

  #resize() {
    this.terminal.options.fontSize = this.#drawnSize;
    this.fit();
  }

  /** It is in sight, or no longer. @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    if (!shown) return;
    if (!this.#opened && this.element.isConnected) this.#open();
    this.#resize();
  }

  #open() {
    this.#opened = true;
    this.terminal.open(this.element);
    this.terminal.textarea?.setAttribute('aria-label', this.label);
    this.#draw();
  }

  /** By the graphics card where there is one; what it can't do, or stops doing, the document does. */
  #draw() {
    if (!hasCard()) return;
    try {
      const gl = new WebglAddon();
      gl.onContextLoss(() => {
        gl.dispose();
        this.#gl = null;
      });
      this.terminal.loadAddon(gl);
      this.#gl = gl;
    } catch {
      this.#gl = null;
    }
  }

  /** Whether the graphics card draws it. */
  get isAccelerated() {
    return this.#gl !== null;
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.fit();
    });
  }

  /** As many rows and columns as there is room for. */
  fit() {
    if (!this.#opened || !this.#shown || this.element.clientWidth === 0) return;
    this.#fit.fit();
  }

  focus() {
    this.terminal.focus();
  }

  /** The text on the screen and above it, lines that were only wrapped in one piece. @param {number} [most] rows of its end */
  text(most = Infinity) {
    const { active } = this.terminal.buffer;
    /** @type {string[]} */
    const lines = [];
    for (let at = Math.max(0, active.baseY + active.cursorY + 1 - most); at < active.length; at += 1) {
      const line = active.getLine(at);
      if (!line) continue;
      const text = line.translateToString(true);
      if (line.isWrapped && lines.length) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines.join('\n');
  }

  close() {
    this.#life.abort();
    this.terminal.dispose();
  }
}
