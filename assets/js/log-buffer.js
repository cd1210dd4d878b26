// A log as lines, the way a terminal would show it: carriage returns and cursor moves of progress bars
// rewrite lines instead of adding to them. Knows nothing of the page.

/* eslint-disable no-control-regex */
/** What moves the cursor, starts a line anew, or must not be shown. */
const CONTROL = /\r\n|\n|\r|\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Za-z0-9]|\x1b[=>78cDEHMNOZ]|[\x00-\x08\x0b\x0c\x0e-\x1a\x7f]/g;
/** An escape sequence that the end of the piece has cut. */
const CUT = /(?:\r|\x1b(?:\[[0-9;?]*|\][^\x07\x1b]{0,4000}\x1b?|[()])?)$/;
/* eslint-enable no-control-regex */

/** Colours longer than this are given up: a program that never resets would make each line begin with all of them. */
const LONGEST_STYLE = 96;

export class LogBuffer {
  /** Lines with their colour sequences (SGR) only. @type {string[]} */
  lines = [''];
  /** Number of the first line kept, counted from the beginning. */
  first = 0;
  /** Where the cursor is, counted from the beginning. */
  #row = 0;
  #overwrite = false;
  #style = '';
  #rest = '';

  /** @param {number} limit how many lines are kept */
  constructor(limit) {
    this.limit = limit;
  }

  /** Takes text in; tells from which line on things have changed. @param {string} text @returns {number} */
  feed(text) {
    const all = this.#rest + text;
    const cut = CUT.exec(all);
    this.#rest = cut ? cut[0] : '';
    const whole = cut ? all.slice(0, cut.index) : all;
    let changed = this.#row;
    let at = 0;
    for (const match of whole.matchAll(CONTROL)) {
      this.#write(whole.slice(at, match.index));
      at = match.index + match[0].length;
      this.#control(match[0], match[1] ?? '', match[2] ?? '');
      changed = Math.min(changed, this.#row);
    }
    this.#write(whole.slice(at));
    this.#trim();
    return Math.max(changed, this.first);
  }

  /** @param {string} text */
  #write(text) {
    if (!text) return;
    const at = this.#row - this.first;
    this.lines[at] = this.#overwrite || !this.lines[at] ? this.#style + text : this.lines[at] + text;
    this.#overwrite = false;
  }

  /** @param {string} whole @param {string} parameters @param {string} final */
  #control(whole, parameters, final) {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    if (whole === '\n' || whole === '\r\n') {
      this.#move(1);
      // A cursor that was moved up walks down again over lines that are still there.
      this.#overwrite = true;
    } else if (whole === '\r' || final === 'G') this.#overwrite = true;
    else if (final === 'm') this.#colour(whole, parameters);
    else if (final === 'A' || final === 'F') this.#move(-count);
    else if (final === 'B' || final === 'E') this.#move(count);
    else if (final === 'K' && (parameters === '2' || this.#overwrite)) this.lines[this.#row - this.first] = '';
    else if (final === 'J' && (parameters === '' || parameters === '0')) this.#clearBelow();
  }

  /** @param {string} whole @param {string} parameters */
  #colour(whole, parameters) {
    this.#write(whole);
    if (parameters === '' || /^0*$/.test(parameters)) this.#style = '';
    else this.#style = parameters.startsWith('0;') ? whole : this.#style + whole;
    if (this.#style.length > LONGEST_STYLE) this.#style = whole;
  }

  /** @param {number} by */
  #move(by) {
    this.#row = Math.max(this.first, this.#row + by);
    while (this.lines.length <= this.#row - this.first) this.lines.push('');
  }

  #clearBelow() {
    for (let at = this.#row - this.first; at < this.lines.length; at += 1) this.lines[at] = '';
  }

  #trim() {
    const over = this.lines.length - this.limit;
    if (over <= 0) return;
    this.lines.splice(0, over);
    this.first += over;
    this.#row = Math.max(this.#row, this.first);
  }
}
