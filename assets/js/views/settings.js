// Settings: what this browser remembers, who may come in, what the server was told, and what AiKore is.
import { el, show } from '../dom.js';
import { accountPart } from './settings-account.js';
import { aboutPart } from './settings-about.js';
import { backupsPart } from './settings-backups.js';
import { lookPart } from './settings-look.js';
import { noticesPart } from './settings-notices.js';
import { serverPart } from './settings-server.js';
import { sessionsPart } from './settings-sessions.js';
import { tokensPart } from './settings-tokens.js';

/**
 * One part of the settings. `load` is called each time they come into sight.
 * `ofLogin`: it makes no sense where nobody logs in.
 * @typedef {{ title: string, element: HTMLElement, ofLogin?: boolean, load?: () => void, close?: () => void }} Part
 */

export class SettingsView {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    /** @type {Part[]} */
    this.parts = [lookPart(app), noticesPart(app), accountPart(app), sessionsPart(app), tokensPart(app), backupsPart(app), serverPart(), aboutPart(app)];
    this.app = app;
    this.links = this.parts.map(({ title, element }) => {
      const link = el('button', { type: 'button', class: 'settings-link', text: title });
      link.addEventListener('click', () => {
        element.scrollIntoView({ block: 'start' });
        element.focus({ preventScroll: true });
      });
      return link;
    });
    const parts = this.parts.map(({ title, element }) => {
      element.prepend(el('h3', { text: title }));
      element.tabIndex = -1;
      element.setAttribute('aria-label', title);
      element.classList.add('sheet-part');
      return element;
    });
    this.sheet = el('div', { class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'Settings' }, el('div', { class: 'settings' }, ...parts));
    this.element = el('div', { class: 'tool-view settings-view' }, el('nav', { class: 'settings-nav', 'aria-label': 'Parts of the settings' }, ...this.links), this.sheet);
  }

  /** @param {boolean} shown */
  setShown(shown) {
    if (!shown) return;
    this.parts.forEach((part, at) => {
      const sense = !part.ofLogin || this.app.server.auth !== 'none';
      show(part.element, sense);
      show(this.links[at], sense);
      if (sense) part.load?.();
    });
  }

  focus() {
    this.sheet.focus({ preventScroll: true });
  }

  close() {
    for (const part of this.parts) part.close?.();
  }
}
