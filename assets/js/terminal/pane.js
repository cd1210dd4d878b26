// One session as it is seen: its screen, what its line is doing, and its keys.
import { button, copyText, el, isPhone, setText, show } from '../dom.js';
import { TouchKeys } from './touch-keys.js';
import { SessionLink } from './link.js';
import { Screen } from './screen.js';

/** @typedef {import('./link.js').Ended} Ended */

/** @param {Ended} ended */
function inWords({ why, code }) {
  if (why === 'idle') return 'This terminal was ended: nobody had looked at it for long.';
  if (why === 'asked') return 'This terminal was ended.';
  if (why === 'gone') return 'This terminal is gone: it was ended, or the server was started anew.';
  return code === null ? 'The shell was ended by a signal.' : `The shell has ended with exit code ${code}.`;
}

/** Emits `ended` (detail: how), `find` and `leave` when the person asks for it, and `again` for a new session in its place. */
export class SessionPane extends EventTarget {
  /** Output up to here is history: its questions to the terminal were answered long ago. */
  #history = 0;
  /** How much of the present line's output is drawn, as a place. */
  #place = 0;
  #control = false;

  /** @param {number} instance @param {import('../api-terminal.js').Session} session @param {string} owner the instance's name */
  constructor(instance, session, owner) {
    super();
    this.session = session;
    this.screen = new Screen({ label: `${session.name}, a terminal of ${owner}`, zoom: 'tool.terminal' });
    this.words = el('span', {});
    this.act = button('Try now', { icon: 'restart', on: { click: () => (this.link.state === 'over' ? this.dispatchEvent(new Event('again')) : this.link.retry()) } });
    this.note = el('div', { class: 'terminal-note', role: 'status', hidden: true }, this.words, this.act);
    this.keys = new TouchKeys((key) => this.#press(key), (on) => (this.#control = on));
    this.element = el('div', { class: 'terminal-pane' }, this.screen.element, this.note, this.keys.element);
    this.link = new SessionLink(instance, session.id);
    this.#connect();
    this.#listen();
  }

  #connect() {
    const { link, screen } = this;
    const { terminal } = screen;
    link.addEventListener('attached', (event) => {
      const { offset, end, reset } = /** @type {CustomEvent<import('./link.js').Attached>} */ (event).detail;
      if (reset) terminal.reset();
      this.#history = reset ? end : 0;
      this.#place = offset;
      if (!screen.isOpen) return;
      link.resize(terminal.rows, terminal.cols);
    });
    link.addEventListener('output', (event) => {
      const bytes = /** @type {CustomEvent<Uint8Array>} */ (event).detail;
      const { line } = link;
      terminal.write(bytes, () => {
        if (line !== link.line) return;
        this.#place += bytes.length;
        link.drawn(bytes.length);
      });
    });
    link.addEventListener('gap', () => (this.#history = 0));
    link.addEventListener('state', () => this.#renderState());
    link.addEventListener('ended', (event) => {
      const { detail } = /** @type {CustomEvent<Ended>} */ (event);
      setText(this.words, inWords(detail));
      this.dispatchEvent(new CustomEvent('ended', { detail }));
    });
    terminal.onData((text) => this.#type(text));
    terminal.onBinary((text) => this.#place >= this.#history && link.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    screen.addEventListener('resize', () => link.resize(terminal.rows, terminal.cols));
  }

  #listen() {
    const { terminal, element } = this.screen;
    terminal.attachCustomKeyEventHandler((event) => this.#isForShell(event));
    // No key that was meant for the shell is one of the page.
    element.addEventListener('keydown', (event) => event.stopPropagation());
  }

  /** Whether the terminal takes a key. @param {KeyboardEvent} event */
  #isForShell(event) {
    if (event.type !== 'keydown') return true;
    const { ctrlKey, shiftKey, altKey, metaKey, key } = event;
    if (key === 'Escape' && shiftKey) return this.#own(event, () => this.dispatchEvent(new Event('leave')));
    if (ctrlKey && !shiftKey && !altKey && key === 'Insert') return this.#own(event, () => void this.#copy());
    // The browser pastes by itself, and tells the terminal.
    if (shiftKey && key === 'Insert') return false;
    if (!ctrlKey || !shiftKey || altKey || metaKey) return true;
    switch (key.toLowerCase()) {
      case 'c':
        return this.#own(event, () => void this.#copy());
      case 'v':
        return false;
      case 'f':
        return this.#own(event, () => this.dispatchEvent(new Event('find')));
    }
    return true;
  }

  /** @param {KeyboardEvent} event @param {() => void} act */
  #own(event, act) {
    event.preventDefault();
    act();
    return false;
  }

  async #copy() {
    const text = this.screen.terminal.getSelection();
    if (!text) return;
    await copyText(text);
    this.focus();
  }

  /** @param {string} text */
  #type(text) {
    // While history is drawn, what comes from the terminal are its answers to questions of long ago.
    if (this.#place < this.#history) return;
    const held = this.#control && text.length === 1;
    this.link.type(held ? String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f) : text);
    if (held) this.keys.release();
  }

  /** A key of the row for fingers. @param {string} key */
  #press(key) {
    const arrow = { up: 'A', down: 'B', right: 'C', left: 'D' }[key];
    if (arrow) this.#type(`\x1b${this.screen.terminal.modes.applicationCursorKeysMode ? 'O' : '['}${arrow}`);
    else this.#type(key);
  }

  #renderState() {
    const { state } = this.link;
    show(this.note, state === 'lost' || state === 'over');
    this.element.dataset.state = state;
    if (state === 'lost') setText(this.words, 'The connection is lost. Reconnecting…');
    const label = this.act.querySelector('.button-label');
    if (label) setText(label, state === 'over' ? 'New terminal' : 'Try now');
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.screen.setShown(shown);
    show(this.keys.element, shown && isPhone());
  }

  focus() {
    if (this.link.state === 'over') this.act.focus();
    else this.screen.focus();
  }

  close() {
    this.link.close();
    this.screen.close();
    this.element.remove();
  }
}
