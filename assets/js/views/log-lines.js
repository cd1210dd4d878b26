// The lines of a log in the page: a bounded number, in blocks the browser may skip while they are out of sight.
import { coloured } from '../ansi.js';
import { LogBuffer } from '../log-buffer.js';

const LIMIT = 20_000;
const BLOCK = 250;

export class LogLines {
  buffer = new LogBuffer(LIMIT);
  /** @type {{ from: number, element: HTMLElement }[]} */
  #blocks = [];

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'log-lines';
  }

  clear() {
    this.buffer = new LogBuffer(LIMIT);
    this.#blocks = [];
    this.element.replaceChildren();
  }

  /** @param {string} text */
  feed(text) {
    const { buffer } = this;
    // A long text is taken in parts, so that lines that are dropped at once are never built.
    const from = buffer.feed(text);
    while (this.#blocks.length && this.#blocks[0].from + BLOCK <= buffer.first) this.#blocks.shift()?.element.remove();
    const end = buffer.first + buffer.lines.length;
    for (let row = Math.max(from, buffer.first); row < end; row += 1) this.#render(row);
  }

  /** @param {number} row */
  #render(row) {
    const start = row - (row % BLOCK);
    let block = this.#blocks.at(-1);
    if (!block || block.from < start) {
      block = { from: start, element: document.createElement('div') };
      block.element.className = 'log-block';
      block.element.dataset.skip = String(Math.max(0, row - start));
      this.#blocks.push(block);
      this.element.append(block.element);
    } else if (block.from > start) {
      block = this.#blocks.find(({ from }) => from === start);
      if (!block) return;
    }
    const at = row - start - Number(block.element.dataset.skip);
    if (at < 0) return;
    const line = block.element.children[at] ?? block.element.appendChild(Object.assign(document.createElement('div'), { className: 'log-line' }));
    line.replaceChildren(coloured(this.buffer.lines[row - this.buffer.first] ?? ''));
  }

  /** Where a text occurs, as ranges of the page. @param {string} needle @param {number} most @returns {Range[]} */
  find(needle, most) {
    const wanted = needle.toLowerCase();
    /** @type {Range[]} */
    const found = [];
    for (const { element } of this.#blocks) {
      for (const line of element.children) {
        const text = (line.textContent ?? '').toLowerCase();
        for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
          const range = rangeOf(line, at, wanted.length);
          if (range) found.push(range);
          if (found.length >= most) return found;
        }
      }
    }
    return found;
  }
}

/** @param {Element} line @param {number} start @param {number} length */
function rangeOf(line, start, length) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let passed = 0;
  let begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const size = node.textContent?.length ?? 0;
    if (!begun && start < passed + size) {
      range.setStart(node, start - passed);
      begun = true;
    }
    if (begun && start + length <= passed + size) {
      range.setEnd(node, start + length - passed);
      return range;
    }
    passed += size;
  }
  return null;
}
