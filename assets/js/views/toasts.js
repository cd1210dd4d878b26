// Messages bottom left. They go after five seconds; errors stay until closed. All are kept in Activity.
import { button, el, iconButton } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {'info'|'ok'|'warn'|'error'} Level */
/** @typedef {{ label: string, run: () => void }} ToastAction what can be done about it; the message goes then */

const STAY = 5000;
/** What can be answered stays long enough to be read and reached. */
const STAY_TO_ACT = 10_000;
const MOST = 5;
const ICONS = { info: 'info', ok: 'check', warn: 'warn', error: 'error' };

export class Toasts {
  /** @param {HTMLElement} root @param {import('../messages.js').Messages} messages */
  constructor(root, messages) {
    this.root = root;
    this.messages = messages;
  }

  /** @param {Level} level @param {string} text @param {ToastAction} [action] */
  show(level, text, action) {
    this.messages.add(level, text);
    this.raise(level, text, action);
  }

  /** What is kept elsewhere. @param {Level} level @param {string} text @param {ToastAction} [action] */
  raise(level, text, action) {
    const same = [...this.root.children].find((one) => one instanceof HTMLElement && one.dataset.text === text);
    same?.remove();
    const toast = el(
      'div',
      { class: `toast toast-${level}`, role: level === 'error' ? 'alert' : 'status', data: { text, level } },
      icon(ICONS[level]),
      el('p', { text }),
    );
    if (action) {
      const act = () => {
        toast.remove();
        action.run();
      };
      toast.append(button(action.label, { class: 'toast-action', on: { click: act } }));
    }
    toast.append(iconButton('close', 'Close message', () => toast.remove()));
    this.root.append(toast);
    if (level !== 'error') this.#expire(toast, action ? STAY_TO_ACT : STAY);
    const passing = [...this.root.children].filter((one) => one instanceof HTMLElement && one.dataset.level !== 'error');
    for (const old of passing.slice(0, -MOST)) old.remove();
  }

  /** Goes after a while, but not under the pointer or the focus. @param {HTMLElement} toast @param {number} wait */
  #expire(toast, wait) {
    setTimeout(() => {
      if (toast.matches(':hover, :focus-within')) this.#expire(toast, wait);
      else toast.remove();
    }, wait);
  }
}
