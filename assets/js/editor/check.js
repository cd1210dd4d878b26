// What is wrong with a text, asked for a moment after the last key.
import { sentence } from '../api.js';
import { isScript } from './modes.js';

/** @typedef {import('../api-editor.js').Report} Report */

const WAIT = 600;
/** @type {Report} */
const NOTHING = { problems: [], checked_by: [], note: null };

/** Emits `report`. */
export class Checker extends EventTarget {
  /** @type {Report} */
  report = NOTHING;
  /** @type {number|undefined} */
  #timer;
  /** @type {AbortController|null} */
  #asking = null;
  #checked = '';

  /** @param {import('../api-editor.js').Source} source */
  constructor(source) {
    super();
    this.source = source;
    this.applies = isScript(source.name) || source.name.endsWith('.json');
  }

  /** @param {() => string} text as it is then @param {number} [wait] */
  soon(text, wait = WAIT) {
    if (!this.applies) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(text()), wait);
  }

  /** @param {string} text */
  async #check(text) {
    this.#asking?.abort();
    if (text === this.#checked) {
      // The editor may have forgotten it.
      this.dispatchEvent(new Event('report'));
      return;
    }
    if (this.source.name.endsWith('.json')) {
      this.#say(text, jsonReport(text));
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    try {
      this.#say(text, await this.source.check(text, asking.signal));
    } catch (error) {
      if (!asking.signal.aborted) this.#say('', { ...NOTHING, note: `It could not be checked: ${sentence(error)}` });
    }
  }

  /** @param {string} text @param {Report} report */
  #say(text, report) {
    this.#checked = text;
    this.report = report;
    this.dispatchEvent(new Event('report'));
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }
}

/** What the browser's own reader says. @param {string} text @returns {Report} */
function jsonReport(text) {
  try {
    if (text.trim()) JSON.parse(text);
    return { ...NOTHING, checked_by: ['JSON'] };
  } catch (error) {
    const message = sentence(error);
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, at).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    return { problems: [{ line, column, end_line: line, end_column: 0, level: 'error', code: null, message, by: 'JSON' }], checked_by: ['JSON'], note: null };
  }
}
