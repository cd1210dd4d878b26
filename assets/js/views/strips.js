// Lines under the header that last: no login, connection lost, a new version.
import { button, el, setText, show } from '../dom.js';
import { icon } from '../icons.js';
import { bundle, parts } from '../load.js';

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
  /** A part of the page was not to be had. */
  #stale = false;
  /** The run of the server for which the offer to reload was declined. @type {string|null} */
  #declined = null;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.server = app.server;
    this.lost = strip('lost', 'unplug');
    this.lost.element.setAttribute('role', 'alert');
    this.fresh = strip('fresh', 'info', button('Reload', { on: { click: () => location.reload() } }), button('Hide', { quiet: true, on: { click: () => this.#hideFresh() } }));
    this.auth = strip('auth', 'shield', button('Hide', { quiet: true, title: 'Hide until the next visit: the mark in the header stays', on: { click: () => this.#fold() } }));
    root.append(this.lost.element, this.fresh.element, this.auth.element);
    setText(this.auth.text, 'Login is off (AIKORE_AUTH=none): anyone who can reach this address can install and run programs on this machine.');
    parts.addEventListener('stale', () => {
      this.#stale = true;
      this.#declined = null;
      this.#render();
    });
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

  #hideFresh() {
    this.#declined = this.server.boot ?? '';
    this.#stale = false;
    this.#render();
  }

  /** Why the page should be loaded again; nothing when it need not. */
  #freshness() {
    const { version, firstVersion, boot, firstBoot, assets } = this.server;
    if (version !== firstVersion) return `AiKore is now version ${version}. Reload to get the page that belongs to it.`;
    if (assets && bundle && assets !== bundle) return 'AiKore has a newer page than this one. Reload to get it.';
    if (this.#stale) return 'A part of this page could not be loaded. Reload the page if AiKore was updated.';
    if (boot !== firstBoot) return 'AiKore was started anew. What you see is up to date; reload if something looks wrong.';
    return '';
  }

  #render() {
    const { server } = this;
    const { lostAt } = server;
    if (lostAt) {
      const time = lostAt.toLocaleTimeString(undefined, { timeStyle: 'short' });
      setText(this.lost.text, `No connection to AiKore since ${time}. What you see may be out of date; your instances are not touched by this. Trying again…`);
    }
    show(this.lost.element, server.link === 'lost');
    const fresh = this.#freshness();
    if (fresh) setText(this.fresh.text, fresh);
    show(this.fresh.element, Boolean(fresh) && this.#declined !== (server.boot ?? ''));
    show(this.auth.element, server.auth === 'none' && !this.#folded);
  }
}
