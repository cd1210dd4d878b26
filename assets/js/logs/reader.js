// A log that is read: a stream and the screen it is drawn on, as the latest of a run or a part of it, with all that is done to it.
import { say as announce } from '../announce.js';
import { button, copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { bytes as inWords } from '../format.js';
import { icon } from '../icons.js';
import { ScreenFind } from '../terminal/find.js';
import { LogPane } from './pane.js';
import { LogStream } from './stream.js';

/** How much of its end a log begins with. */
const TAIL = 1024 * 1024;
/** How much a step back shows. */
const PAGE = 512 * 1024;
/** Whoever was away for more than this is shown the end instead of all of it. */
const TOO_FAR = 16 * 1024 * 1024;

/** @typedef {import('./stream.js').Plan} Plan */
/** @typedef {import('./stream.js').Begins} Begins */

/** "1,021.5 to 1,022.0 of 1,024.0 MB": all in one unit, and fine enough to be told apart. @param {number[]} places */
function span(...places) {
  const isLong = places[2] >= 1024 ** 2;
  const [from, until, end] = places.map((place) => (place / (isLong ? 1024 ** 2 : 1024)).toLocaleString(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  return `${from} to ${until} of ${end} ${isLong ? 'MB' : 'KB'}`;
}

/** Emits `run` (detail: {@link Begins}) when another run is shown, and `state`. */
export class LogReader extends EventTarget {
  /** What is shown of which run. @type {Begins|null} */
  begins = null;
  /** The part that is shown, if it is not the end. @type {{ from: number, until: number }|null} */
  part = null;
  /** The run that was chosen; null: the present one. @type {string|null} */
  chosen = null;
  cleared = false;
  /** @type {string|null} */
  gone = null;

  /**
   * @param {{ label: string, zoom: string, withTimes: boolean, server: import('../store.js').Server, socket: (plan: Plan & { window: number }) => URL, probe: () => Promise<unknown>, file: (run?: string) => string }} options
   */
  constructor({ label, zoom, withTimes, server, socket, probe, file }) {
    super();
    this.file = file;
    this.pane = new LogPane({ label, zoom, withTimes });
    this.stream = new LogStream(socket, probe, server);
    this.find = new ScreenFind(this.pane.screen, { label: 'Find in log', onJump: () => this.pane.setFollow(false), onLeave: () => this.pane.focus() });
    this.refs = this.#create();
    this.element = this.refs.body;
    const { stream, pane } = this;
    stream.addEventListener('begins', (event) => this.#begin(/** @type {CustomEvent<Begins>} */ (event).detail));
    stream.addEventListener('times', (event) => pane.expect(/** @type {CustomEvent<[number, number][]>} */ (event).detail));
    stream.addEventListener('bytes', (event) => {
      const { bytes, offset, of } = /** @type {CustomEvent<{ bytes: Uint8Array, offset: number, of: unknown }>} */ (event).detail;
      const first = pane.bare;
      pane.write(bytes, offset, () => {
        stream.take(bytes.length, of);
        this.#later();
      });
      this.gone = null;
      if (first) this.#say();
    });
    stream.addEventListener('gone', (event) => (this.gone = /** @type {CustomEvent<string>} */ (event).detail));
    stream.addEventListener('state', () => this.#say());
    pane.addEventListener('follow', () => this.#render());
    this.element.addEventListener('keydown', (event) => this.#keys(event));
    this.#render();
  }

  #create() {
    const { pane } = this;
    const text = el('span', { class: 'log-note-text' });
    const earlier = button('Earlier lines', { class: 'small', on: { click: () => this.earlier() } });
    const later = button('Later lines', { class: 'small', on: { click: () => this.later() } });
    const again = button('Show them again', { class: 'small', on: { click: () => this.reload() } });
    const end = button('To the end', { class: 'small', on: { click: () => this.latest() } });
    const note = el('div', { class: 'log-note', role: 'status', hidden: true }, text, earlier, later, again, end);
    const follow = iconButton('follow', 'Follow the end (f)', () => (this.part && !pane.following ? this.latest() : pane.setFollow(!pane.following)));
    const times = iconButton('clock', 'Times of the lines', () => this.#toggle(() => pane.setTimes(!pane.showsTimes)));
    const wrap = iconButton('wrap', 'Wrap long lines', () => this.#toggle(() => pane.setWrap(!pane.wraps)));
    const copy = iconButton('copy', 'Copy what is selected, or all that is shown', () => void this.#copy());
    const clear = iconButton('clear', 'Clear the view: the log itself stays', () => this.clear());
    const download = el('a', { class: 'icon-button', download: true, title: 'Download the log', 'aria-label': 'Download the log' }, icon('download'));
    times.hidden = !pane.withTimes;
    const tools = [this.find.element, el('span', { class: 'divide' }), follow, times, wrap, copy, clear, download];
    const body = el('div', { class: 'log-body' }, note, pane.element, pane.pill);
    return { body, note, text, earlier, later, again, end, follow, times, wrap, copy, clear, download, tools };
  }

  /** The end of the run that is chosen, and what comes. */
  latest() {
    this.part = null;
    this.#open({ run: this.chosen ?? undefined, only: this.chosen !== null || undefined, tail: TAIL, lines: this.pane.most });
  }

  /** Another run; null: the present one, and those that follow it. @param {string|null} run */
  choose(run) {
    this.chosen = run;
    this.latest();
  }

  /** The part before what is shown. */
  earlier() {
    const { begins } = this;
    if (!begins) return;
    const until = Math.max(begins.first + 1, this.pane.firstPlace());
    this.#openPart(begins.run, Math.max(begins.first, until - PAGE), until, true);
  }

  /** The part behind what is shown, or the end. */
  later() {
    const { begins, part } = this;
    if (!begins || !part) return;
    if (part.until + PAGE >= begins.end) this.latest();
    else this.#openPart(begins.run, part.until, part.until + PAGE, false);
  }

  /** @param {string} run @param {number} from @param {number} until @param {boolean} atEnd which end of it is in sight */
  #openPart(run, from, until, atEnd) {
    this.part = { from, until };
    this.#open({ run, only: true, offset: from, align: true, until });
    this.pane.setFollow(atEnd);
  }

  /** What was shown before it was cleared. */
  reload() {
    if (this.part && this.begins) this.#openPart(this.begins.run, this.part.from, this.part.until, true);
    else this.latest();
  }

  /** Empties the view, and nothing else. */
  clear() {
    if (!this.stream.at) return;
    this.pane.begin(this.stream.at.offset);
    this.cleared = true;
    announce('The view was cleared. The log itself is as it was.');
    this.#say();
  }

  /** @param {Plan} plan */
  #open(plan) {
    this.cleared = false;
    this.gone = null;
    this.pane.begin(0);
    this.pane.setFollow(true);
    this.stream.open({ ...plan, times: this.pane.withTimes || undefined });
    this.#say();
  }

  /** @param {Begins} begins */
  #begin(begins) {
    const { pane } = this;
    if (!this.part && begins.end - begins.offset > TOO_FAR) {
      this.latest();
      return;
    }
    const same = this.begins?.run === begins.run;
    this.begins = begins;
    this.cleared = false;
    // Behind a gap the log goes on below what was read before it.
    const goesOn = same && begins.why === 'gap' && !pane.bare;
    if (!goesOn) pane.begin(begins.offset);
    this.dispatchEvent(new CustomEvent('run', { detail: begins }));
    if (goesOn) pane.remark(`${inWords(Math.max(0, begins.missed ?? 0))} that came here are no longer kept`);
    this.#say();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.pane.setShown(shown);
    this.#render();
  }

  /** @param {() => void} change */
  #toggle(change) {
    change();
    this.#render();
  }

  async #copy() {
    const { terminal, screen } = this.pane;
    const part = terminal.hasSelection();
    const done = await copyText(part ? terminal.getSelection() : screen.text());
    announce(done ? (part ? 'The selection was copied.' : 'All that is shown was copied.') : 'The browser did not let AiKore copy.');
    const { copy } = this.refs;
    setAttr(copy, 'title', done ? 'Copied' : 'The browser did not let AiKore copy');
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const find = (event.key === '/' && !event.ctrlKey && !event.metaKey) || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f');
    if (!find || event.altKey) return;
    this.find.input.focus();
    this.find.input.select();
    event.preventDefault();
    event.stopPropagation();
  }

  #render() {
    const { follow, times, wrap, download, copy } = this.refs;
    const { pane } = this;
    setAttr(follow, 'aria-pressed', String(pane.following && !this.part));
    setAttr(times, 'aria-pressed', String(pane.showsTimes));
    setAttr(wrap, 'aria-pressed', String(pane.wraps));
    setAttr(copy, 'title', 'Copy what is selected, or all that is shown');
    setAttr(download, 'href', this.file(this.chosen ?? undefined));
  }

  #planned = false;

  /** What was drawn may have pushed lines out. */
  #later() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#note();
    });
  }

  #say() {
    this.#render();
    this.#note();
    this.dispatchEvent(new Event('state'));
  }

  /** What is said when there is nothing to be said of what is missing. @type {() => string} */
  whenBare = () => 'Nothing here yet.';

  #note() {
    const { note, text, earlier, later, again, end } = this.refs;
    const { stream, begins, pane, part } = this;
    const isCut = Boolean(begins && (pane.isFull || begins.offset > begins.first));
    let words = '';
    if (stream.fault) words = stream.fault;
    else if (this.gone) words = this.gone;
    else if (this.cleared) words = 'Cleared in this view only: the log itself stays, and new lines come below.';
    else if (part && begins) words = `A part of the log: ${span(part.from, part.until, begins.end)}.`;
    else if (pane.bare && !stream.caughtUp && !stream.over) words = 'Reading…';
    else if (pane.bare) words = this.whenBare();
    else if (isCut) words = 'Earlier lines are not shown here. The download has all that is kept.';
    else if (begins && begins.first > 0) words = 'The beginning of this run is no longer kept: its log had become too long.';
    setText(text, words);
    show(note, Boolean(words));
    show(earlier, isCut && !this.cleared && !pane.bare);
    show(later, Boolean(part));
    show(end, Boolean(part));
    show(again, this.cleared);
  }

  close() {
    this.stream.close();
    this.pane.close();
  }
}
