// How the screen is shown: how good the picture is, and which size it has. Remembered by this browser.
import { el, uid } from '../dom.js';
import { recall, remember } from '../prefs.js';

/** @typedef {import('@novnc/novnc').default} RFB */

/** @type {Readonly<Record<string, { words: string, quality: number, compression: number }>>} */
const QUALITIES = Object.freeze({
  low: { words: 'Low: for slow lines', quality: 1, compression: 9 },
  medium: { words: 'Medium', quality: 6, compression: 2 },
  high: { words: 'High: sharp, for fast lines', quality: 9, compression: 1 },
});

/** @type {Readonly<Record<string, { words: string, resize: boolean, scale: boolean }>>} */
const SIZES = Object.freeze({
  window: { words: 'As this window: the screen gets its size', resize: true, scale: true },
  fit: { words: 'Fit: all of it, smaller or larger', resize: false, scale: true },
  real: { words: 'Real size: a part of it, if it is larger', resize: false, scale: false },
});

/** @template T @param {Readonly<Record<string, T>>} among @param {string} key @param {string} fallback */
const chosen = (among, key, fallback) => {
  const kept = recall(key, fallback);
  return kept in among ? kept : fallback;
};

/** Emits `change` when something else was chosen. */
export class Picture extends EventTarget {
  /** @param {boolean} viewOnly who may only look gives the screen no size */
  constructor(viewOnly) {
    super();
    this.quality = chosen(QUALITIES, 'desktop-quality', 'medium');
    this.size = chosen(SIZES, 'desktop-size', 'window');
    if (viewOnly && this.size === 'window') this.size = 'fit';
    const sizes = Object.entries(SIZES).filter(([value]) => !viewOnly || value !== 'window');
    this.element = el(
      'div',
      { class: 'picture' },
      this.#choice('Size', sizes, this.size, (value) => {
        this.size = value;
        remember('desktop-size', value);
      }),
      this.#choice('Quality', Object.entries(QUALITIES), this.quality, (value) => {
        this.quality = value;
        remember('desktop-quality', value);
      }),
    );
  }

  /** @param {string} title @param {[string, { words: string }][]} options @param {string} present @param {(value: string) => void} take */
  #choice(title, options, present, take) {
    const name = uid('choice');
    const lines = options.map(([value, { words }]) => {
      const input = el('input', { type: 'radio', class: 'tick-box', name, value });
      input.checked = value === present;
      input.addEventListener('change', () => {
        take(value);
        this.dispatchEvent(new Event('change'));
      });
      return el('label', { class: 'tick' }, input, el('span', { text: words }));
    });
    return el('fieldset', { class: 'choices' }, el('legend', { text: title }), ...lines);
  }

  focus() {
    /** @type {HTMLElement|null} */ (this.element.querySelector('input:checked'))?.focus();
  }

  /** @param {RFB} rfb */
  apply(rfb) {
    const { quality, compression } = QUALITIES[this.quality];
    const { resize, scale } = SIZES[this.size];
    rfb.qualityLevel = quality;
    rfb.compressionLevel = compression;
    // A finger moves a part about; a mouse has the scroll bars.
    rfb.clipViewport = !scale && matchMedia('(pointer: coarse)').matches;
    rfb.scaleViewport = scale;
    rfb.resizeSession = resize;
  }
}
