// A log on a screen: what comes is drawn as a terminal would, followed or held, with the times of its lines beside it.
import { el, isPhone, setText, show } from '../dom.js';
import { recall, remember } from '../prefs.js';
import { Screen } from '../terminal/screen.js';
import { cutAtTimes, LineBreaks, Returns } from './places.js';
import { LineTimes } from './times.js';

/** Lines kept above the screen. */
const LINES = 20_000;
const LINES_PHONE = 6000;
/** The last lines as text, for who does not see the screen. */
const SPOKEN = 100;
const SPOKEN_EVERY = 500;
/** Everything is set back: the order of what is written holds for this as well. */
const ANEW = '\x1bc';
const NO_CURSOR = '\x1b[?25l';
/** What a program may ask of its own terminal and not of a reader's: mouse, focus, another screen, a cursor, pastes. */
const REFUSED = new Set([9, 25, 47, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048, 1049, 2004]);

/** Emits `follow` when it begins or ends to follow. */
export class LogPane extends EventTarget {
  #returns = new Returns();
  #breaks = new LineBreaks(LINES + 2000);
  /** @type {[number, number][]} */
  #times = [];
  #following = true;
  /** Lines that came while it was held. */
  #news = 0;
  /** The row at the top while it is held. */
  #held = 0;
  #shown = false;
  #closed = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #speaking;
  /** Nothing was drawn yet. */
  bare = true;

  /** @param {{ label: string, zoom: string, withTimes: boolean }} options */
  constructor({ label, zoom, withTimes }) {
    super();
    this.most = isPhone() ? LINES_PHONE : LINES;
    this.screen = new Screen({ label, zoom, readOnly: true, scrollback: this.most });
    const { terminal } = this.screen;
    terminal.options.convertEol = true;
    this.times = new LineTimes(this.screen);
    this.withTimes = withTimes;
    this.spoken = el('div', { class: 'unseen log-text' });
    this.box = el('div', { class: 'log-box' }, this.screen.element);
    this.element = el('div', { class: 'log-region', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': label }, this.times.element, this.box, this.spoken);
    this.pill = el('button', { type: 'button', class: 'log-pill', hidden: true, on: { click: () => this.setFollow(true) } }, el('span', {}));
    // All that is drawn, as text: what a test or a script of the page may read.
    Object.assign(this.element, { logText: () => this.screen.text() });
    // Keys are those of a page that is read; nothing is typed into a log.
    terminal.attachCustomKeyEventHandler(() => false);
    for (const final of ['h', 'l']) terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => !isOurs && params.every((mode) => REFUSED.has(Number(mode))));
    let isOurs = false;
    this.#own = (text) => {
      terminal.write('', () => (isOurs = true));
      terminal.write(text, () => (isOurs = false));
    };
    this.#own(NO_CURSOR);
    terminal.onRender(() => this.#look());
    this.element.addEventListener('keydown', (event) => this.#keys(event));
    this.element.addEventListener('copy', (event) => this.#copy(event));
    this.box.addEventListener('scroll', () => this.#place(), { passive: true });
    this.screen.addEventListener('resize', () => this.#place());
    this.setWrap(recall('wrap', 'on') === 'on');
    this.setTimes(recall('log.times', 'off') === 'on');
  }

  /** What we write ourselves is not refused. @type {(text: string) => void} */
  #own;

  get terminal() {
    return this.screen.terminal;
  }

  get following() {
    return this.#following;
  }

  get wraps() {
    return !this.box.classList.contains('wide');
  }

  get showsTimes() {
    return !this.times.element.hidden;
  }

  /** Sets everything back; what follows begins at this place. @param {number} place */
  begin(place) {
    this.#own(ANEW + NO_CURSOR);
    this.#returns.begin();
    this.#breaks.begin(place);
    this.#times = [];
    this.times.second = -1;
    this.#news = 0;
    this.#held = 0;
    this.bare = true;
    this.#speak();
    this.#count();
  }

  /** A line that is not the log's. @param {string} text */
  remark(text) {
    this.#own(`\r\n\x1b[0;2m── ${text} ──\x1b[0m\r\n`);
  }

  /** When the next lines came. @param {[number, number][]} times */
  expect(times) {
    this.#times = times;
  }

  /** @param {Uint8Array} bytes @param {number} place of the first of them @param {() => void} drawn */
  write(bytes, place, drawn) {
    this.bare = false;
    this.#breaks.add(bytes, place);
    if (!this.#following) {
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#news += 1;
      this.#count();
    }
    const pieces = cutAtTimes(bytes, place, this.#times, this.times.second);
    this.#times = [];
    for (const [n, piece] of pieces.entries()) {
      const { time } = piece;
      if (time !== null) {
        this.times.second = Math.floor(time / 1000);
        this.terminal.write('', () => this.times.mark(time));
      }
      this.terminal.write(this.#returns.fit(piece.bytes), n === pieces.length - 1 ? () => this.#drawn(drawn) : undefined);
    }
  }

  /** @param {() => void} then */
  #drawn(then) {
    if (this.#closed) return;
    const { viewportY, baseY } = this.terminal.buffer.active;
    // It was held at its end, and the end went on.
    if (!this.#following && viewportY === baseY && baseY > this.#held) this.terminal.scrollToLine(this.#held);
    this.times.draw();
    this.#speak();
    this.#count();
    then();
  }

  /** Whether it follows its end is seen by where it is. */
  #look() {
    const { viewportY, baseY } = this.terminal.buffer.active;
    if (this.#following && viewportY < baseY) this.#hold(viewportY);
    else if (!this.#following && viewportY === baseY && baseY !== this.#held) this.setFollow(true);
    else this.#count();
  }

  /** @param {number} row */
  #hold(row) {
    this.#following = false;
    this.#held = row;
    this.#news = 0;
    this.#changed();
  }

  /** @param {boolean} on */
  setFollow(on) {
    if (on) this.terminal.scrollToBottom();
    if (on === this.#following) return;
    if (!on) {
      this.#hold(this.terminal.buffer.active.viewportY);
      return;
    }
    this.#following = true;
    this.#changed();
  }

  #changed() {
    this.#count();
    this.dispatchEvent(new Event('follow'));
  }

  #count() {
    const { viewportY, baseY, cursorX, cursorY } = this.terminal.buffer.active;
    const below = baseY + cursorY - (cursorX === 0 ? 1 : 0) - (viewportY + this.terminal.rows - 1);
    const news = this.#following ? 0 : Math.min(this.#news, below);
    show(this.pill, news > 0);
    setText(/** @type {Element} */ (this.pill.firstElementChild), `${news.toLocaleString()} new ${news === 1 ? 'line' : 'lines'} below ↓`);
  }

  /** The place of the first line that is still to be seen. */
  firstPlace() {
    const { active } = this.terminal.buffer;
    let lines = 0;
    for (let at = 0; at <= active.baseY + active.cursorY; at += 1) if (!active.getLine(at)?.isWrapped) lines += 1;
    return this.#breaks.back(Math.max(0, lines - 1));
  }

  /** Whether lines were dropped above. */
  get isFull() {
    return this.terminal.buffer.active.baseY >= this.most;
  }

  /** @param {boolean} on */
  setWrap(on) {
    remember('wrap', on ? 'on' : 'off');
    this.box.classList.toggle('wide', !on);
    this.box.scrollLeft = 0;
    this.screen.fit();
  }

  /** @param {boolean} on */
  setTimes(on) {
    if (!this.withTimes) return;
    remember('log.times', on ? 'on' : 'off');
    this.times.setShown(on);
    this.screen.fit();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.screen.setShown(shown);
    if (!shown) return;
    const { textarea } = this.terminal;
    // It takes no input: the region around it has the focus.
    textarea?.setAttribute('tabindex', '-1');
    textarea?.setAttribute('aria-hidden', 'true');
    if (this.#following) this.terminal.scrollToBottom();
    this.#speak();
    this.#place();
  }

  /** The scrollbar stays in sight where lines are wider than the pane. */
  #place() {
    this.box.style.setProperty('--aside', `${Math.max(0, this.box.scrollWidth - this.box.clientWidth - this.box.scrollLeft)}px`);
  }

  #speak() {
    if (this.#speaking !== undefined || !this.#shown) return;
    this.#speaking = setTimeout(() => {
      this.#speaking = undefined;
      setText(this.spoken, this.screen.text(SPOKEN));
    }, SPOKEN_EVERY);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    if (event.defaultPrevented || !this.terminal.hasSelection()) return;
    event.clipboardData?.setData('text/plain', this.terminal.getSelection());
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { terminal, box } = this;
    const page = terminal.rows - 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      PageUp: () => terminal.scrollLines(-page),
      PageDown: () => terminal.scrollLines(page),
      ' ': () => terminal.scrollLines(event.shiftKey ? -page : page),
      ArrowUp: () => terminal.scrollLines(-1),
      ArrowDown: () => terminal.scrollLines(1),
      ArrowLeft: () => box.scrollBy({ left: -80 }),
      ArrowRight: () => box.scrollBy({ left: 80 }),
      Home: () => terminal.scrollToTop(),
      End: () => this.setFollow(true),
      f: () => this.setFollow(!this.following),
    };
    const act = keys[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#speaking);
    this.screen.close();
  }
}
