// Lines under the header that last: no login, connection lost, a new version.
import { button, el, setText, show } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('../app.js').App} App */

/** @param {string} kind @param {string} picture @param {...Node} rest */
function strip(kind, picture, ...rest) {
  const text = el('p', {});
  const element = el('div', { class: `strip strip-${kind}`, hidden: true }, icon(picture), text, ...rest);
  return { element, text };
}

export class Strips {
  /** Folded for this visit: a mark in the header stays. */
  #folded = false;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.server = app.server;
    this.lost = strip('lost', 'unplug');
    this.lost.element.setAttribute('role', 'alert');
    this.fresh = strip('fresh', 'info', button('Reload', { on: { click: () => location.reload() } }));
    this.auth = strip('auth', 'shield', button('Hide', { quiet: true, title: 'Hide until the next visit: the mark in the header stays', on: { click: () => this.#fold() } }));
    root.append(this.lost.element, this.fresh.element, this.auth.element);
    setText(this.auth.text, 'Login is off: anyone who can reach this address can install and run programs on this machine.');
    this.server.addEventListener('link', () => this.#render());
    this.server.addEventListener('change', () => this.#render());
  }

  showAuth() {
    this.#folded = false;
    this.#render();
    this.auth.element.querySelector('button')?.focus();
  }

  #fold() {
    this.#folded = true;
    this.#render();
  }

  #render() {
    const { server } = this;
    const { lostAt } = server;
    if (lostAt) {
      const time = lostAt.toLocaleTimeString(undefined, { timeStyle: 'short' });
      setText(this.lost.text, `No connection to AiKore since ${time}. What you see may be out of date; your instances are not touched by this. Trying again…`);
    }
    show(this.lost.element, server.link === 'lost');
    const changed = server.version !== null && server.version !== server.firstVersion;
    if (changed) setText(this.fresh.text, `AiKore is now version ${server.version}. Reload to get the page that belongs to it.`);
    show(this.fresh.element, changed);
    show(this.auth.element, server.auth === 'none' && !this.#folded);
  }
}
