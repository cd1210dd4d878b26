// One clipboard for this device and the screen, as far as the browser allows: by itself where it lets pages read, by the keys for
// pasting anywhere else, and by a panel in any case.
import { button, copyText, el, setText, show } from '../dom.js';
import { KEYSYMS, keysymOf } from './keysyms.js';

const APPLE = /Mac|iP(hone|ad|od)/.test(navigator.userAgent);
/** The browser's answer to the keys for pasting comes at once, or not at all. */
const PASTE_WITHIN = 120;

/** What the panel says, by what the browser allows. @type {Record<'granted'|'prompt'|'none', string>} */
const WORDS = {
  granted: 'Shared by itself: what is copied here can be pasted there, and the other way round.',
  prompt: 'Type or paste a text here and send it. Or share it by itself: your browser then asks you once.',
  none: 'This browser lets no page look into its clipboard here. Type or paste a text and send it; Ctrl V on the screen works too.',
};
const WORDS_APPLE = 'This browser lets no page look into its clipboard here. Type or paste a text and send it.';

/** @param {KeyboardEvent} event */
const isPaste = ({ key, ctrlKey, shiftKey, altKey, metaKey }) => !altKey && !metaKey && ((ctrlKey && key.toLowerCase() === 'v') || (shiftKey && !ctrlKey && key === 'Insert'));

export class SharedClipboard {
  /** What this device's clipboard held when it was seen last; only another text is news. @type {string|null} */
  #here = null;
  /** What the screen's clipboard holds, as far as is known. @type {string|null} */
  #there = null;
  /** Copied on the screen; the browser wanted to see a key or a click first. @type {string|null} */
  #pending = null;
  #reading = false;
  /** A press of the keys for pasting that waits for what the browser has. @type {{ keysym: number, timer: number }|null} */
  #paste = null;
  /** @type {'granted'|'prompt'|'none'} */
  #may = 'none';

  /** @param {import('./line.js').ScreenLine} line @param {HTMLElement} stage where the screen is */
  constructor(line, stage) {
    this.line = line;
    this.stage = stage;
    this.box = el('textarea', { class: 'input clip-box mono', rows: '6', spellcheck: 'false', autocapitalize: 'off', 'aria-label': 'What the clipboard of the screen holds' });
    this.words = el('p', { class: 'hint', role: 'status' });
    this.send = button('Send', { icon: 'upload', primary: true, on: { click: () => this.#give(this.box.value, 'Sent: it can be pasted on the screen now.') } });
    this.copy = button('Copy', { icon: 'copy', on: { click: () => void this.#copyHere() } });
    this.ask = button('Share it by itself', { on: { click: () => void this.#read(true) } });
    this.element = el('div', { class: 'clip' }, this.box, this.words, el('div', { class: 'clip-actions' }, this.send, this.copy, this.ask));
    line.addEventListener('clipboard', (event) => void this.#take(/** @type {CustomEvent<string>} */ (event).detail));
    line.addEventListener('state', () => line.state === 'connected' && void this.#read());
    addEventListener('focus', () => void this.#read());
    stage.addEventListener('focusin', () => void this.#read());
    // Before noVNC sees the key.
    addEventListener('keydown', (event) => this.#onKey(event), { capture: true });
    addEventListener('pointerup', () => void this.#settle(), { capture: true });
    document.addEventListener('paste', (event) => this.#onPaste(event));
    void this.#learn();
  }

  focus() {
    this.box.focus();
    this.box.select();
  }

  /** What the browser allows. Only some let pages read, and those say so when they are asked. */
  async #learn() {
    if (!window.isSecureContext || typeof navigator.clipboard?.readText !== 'function') return this.#allow('none');
    try {
      const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ ('clipboard-read') });
      const follow = () => this.#allow(status.state === 'denied' ? 'none' : status.state);
      status.addEventListener('change', follow);
      follow();
    } catch {
      this.#allow('none');
    }
  }

  /** @param {'granted'|'prompt'|'none'} may */
  #allow(may) {
    this.#may = may;
    show(this.ask, may === 'prompt');
    setText(this.words, may === 'none' && APPLE ? WORDS_APPLE : WORDS[may]);
    void this.#read();
  }

  /** What this device has copied goes to the screen. @param {boolean} [asked] by the person: the browser may ask back */
  async #read(asked = false) {
    if (this.#reading || !this.line.rfb || (this.#may !== 'granted' && !asked) || !document.hasFocus()) return;
    this.#reading = true;
    try {
      const text = await navigator.clipboard.readText();
      this.#see(text);
    } catch {
      // Refused, or no text: everything else goes on working.
      if (asked) setText(this.words, 'The browser did not allow it. Its settings for this page can change that.');
    } finally {
      this.#reading = false;
    }
  }

  /** What this device's clipboard holds now: given to the screen if it was copied here since. @param {string} text */
  #see(text) {
    // The first look does not tell which of the two was copied last: what was copied on the screen stays there.
    const news = this.#here === null ? this.#there === null : text !== this.#here;
    this.#here = text;
    if (news && text && text !== this.#there) this.#give(text);
  }

  /** Gives a text to the screen. @param {string} text @param {string} [words] */
  #give(text, words) {
    const { rfb, state } = this.line;
    if (!rfb || state !== 'connected') {
      setText(this.words, 'Not sent: the screen is not connected.');
      return;
    }
    this.#there = text;
    this.#pending = null;
    if (this.box.value !== text) this.box.value = text;
    rfb.clipboardPasteFrom(text);
    if (words) setText(this.words, words);
  }

  /** Something was copied on the screen. @param {string} text */
  async #take(text) {
    if (!text || text === this.#there) return;
    this.#there = text;
    this.box.value = text;
    // Elsewhere, somebody may be about to paste what they copied there.
    if (!document.hasFocus()) return;
    this.#pending = text;
    await this.#settle();
  }

  /** Puts into this device's clipboard what waits for it. Some browsers want to see a key or a click first. */
  async #settle() {
    const text = this.#pending;
    if (text === null || typeof navigator.clipboard?.writeText !== 'function') return;
    try {
      await navigator.clipboard.writeText(text);
      this.#here = text;
      if (this.#pending === text) this.#pending = null;
    } catch {
      // It stays in the panel, and is tried once more at the next key.
    }
  }

  async #copyHere() {
    const done = await copyText(this.box.value);
    if (done) this.#here = this.box.value;
    setText(this.words, done ? 'Copied: it can be pasted on this device now.' : 'This browser does not let the page copy. The text is marked: copy it with the keyboard.');
    if (!done) this.focus();
  }

  /**
   * The keys for pasting: the browser gives what its clipboard holds, on any page and without asking, as long as nobody takes
   * the key from it. Only then is it pressed on the screen. @param {KeyboardEvent} event
   */
  #onKey(event) {
    void this.#settle();
    const canvas = event.target instanceof HTMLCanvasElement && this.stage.contains(event.target);
    if (APPLE || !canvas || !isPaste(event) || !this.line.rfb || this.line.rfb.viewOnly) return;
    event.stopImmediatePropagation();
    if (this.#paste) this.#press();
    const keysym = KEYSYMS[event.key] ?? keysymOf(event.key);
    this.#paste = { keysym, timer: setTimeout(() => this.#press(), PASTE_WITHIN) };
  }

  /** @param {ClipboardEvent} event */
  #onPaste(event) {
    if (!this.#paste) return;
    event.preventDefault();
    this.#see(event.clipboardData?.getData('text/plain') ?? '');
    this.#press();
  }

  #press() {
    if (!this.#paste) return;
    clearTimeout(this.#paste.timer);
    this.line.rfb?.sendKey(this.#paste.keysym, null);
    this.#paste = null;
  }
}
