// Messages bottom left. They go after five seconds; errors stay until closed.
import { el, iconButton } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {'info'|'ok'|'warn'|'error'} Level */

const STAY = 5000;
const MOST = 5;
const ICONS = { info: 'info', ok: 'check', warn: 'warn', error: 'error' };

export class Toasts {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {Level} level @param {string} text */
  show(level, text) {
    const same = [...this.root.children].find((one) => one instanceof HTMLElement && one.dataset.text === text);
    same?.remove();
    const toast = el(
      'div',
      { class: `toast toast-${level}`, role: level === 'error' ? 'alert' : 'status', data: { text, level } },
      icon(ICONS[level]),
      el('p', { text }),
      iconButton('close', 'Close message', () => toast.remove()),
    );
    this.root.append(toast);
    if (level !== 'error') this.#expire(toast);
    const passing = [...this.root.children].filter((one) => one instanceof HTMLElement && one.dataset.level !== 'error');
    for (const old of passing.slice(0, -MOST)) old.remove();
  }

  /** Goes after a while, but not under the pointer or the focus. @param {HTMLElement} toast */
  #expire(toast) {
    setTimeout(() => {
      if (toast.matches(':hover, :focus-within')) this.#expire(toast);
      else toast.remove();
    }, STAY);
  }
}
