// The times of lines, beside the screen that shows them.
import { el, setText } from '../dom.js';

/** @typedef {{ marker: import('../../vendor/xterm.js').IMarker, time: number }} Mark */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export class LineTimes {
  /** In the order they were set, which is mostly that of the lines. @type {Mark[]} */
  #marks = [];
  /** The second that was marked last. */
  second = -1;
  #shown = false;

  /** @param {import('../terminal/screen.js').Screen} screen */
  constructor(screen) {
    this.screen = screen;
    // What a line says is what matters to a reader by ear; when is in the download.
    this.element = el('div', { class: 'log-times', hidden: true, 'aria-hidden': 'true' });
    screen.terminal.onRender(() => this.draw());
  }

  /** The line the cursor is in came at this time. @param {number} time milliseconds */
  mark(time) {
    const marker = this.screen.terminal.registerMarker(0);
    if (marker) this.#marks.push({ marker, time });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.element.hidden = !shown;
    this.draw();
  }

  /** As the screen is now. */
  draw() {
    if (!this.#shown) return;
    const { terminal } = this.screen;
    this.#marks = this.#marks.filter(({ marker }) => !marker.isDisposed);
    const { viewportY, baseY, cursorY, cursorX, length } = terminal.buffer.active;
    const last = baseY + cursorY - (cursorX === 0 ? 1 : 0);
    const drawn = this.screen.element.querySelector('.xterm-screen');
    const height = drawn instanceof HTMLElement ? Number.parseFloat(drawn.style.height) / terminal.rows : 0;
    this.element.style.fontSize = `${terminal.options.fontSize}px`;
    this.element.style.lineHeight = `${height}px`;
    while (this.element.children.length > terminal.rows) this.element.lastElementChild?.remove();
    while (this.element.children.length < terminal.rows) this.element.append(el('div', { class: 'log-time' }));
    const times = this.#timesOf(viewportY, Math.min(viewportY + terminal.rows, length));
    for (let row = 0; row < terminal.rows; row += 1) {
      const line = viewportY + row;
      const time = line <= last && !terminal.buffer.active.getLine(line)?.isWrapped ? times[row] : undefined;
      const cell = /** @type {HTMLElement} */ (this.element.children[row]);
      setText(cell, time === undefined ? '' : clock.format(time));
      const title = time === undefined ? '' : day.format(time);
      if (cell.title !== title) cell.title = title;
    }
  }

  /** The time of each of these rows: its own mark's, or that of the last one above it. @param {number} from @param {number} to */
  #timesOf(from, to) {
    /** @type {(number|undefined)[]} */
    const times = [];
    /** @type {Mark|undefined} */
    let above;
    for (const mark of this.#marks) {
      const { line } = mark.marker;
      if (line >= from && line < to) times[line - from] = mark.time;
      // Where a cursor went up, the later mark of a line is the one that holds.
      else if (line < from && (!above || line >= above.marker.line)) above = mark;
    }
    let time = above?.time;
    for (let row = 0; row < to - from; row += 1) {
      time = times[row] ?? time;
      times[row] = time;
    }
    return times;
  }
}
