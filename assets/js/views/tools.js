// The pane below the table: tabs with Welcome and the logs that are open.
import { el, iconButton, isPhone, setAttr, setText, uid } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { LogView } from './log-view.js';
import { WelcomeView } from './welcome.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/**
 * @typedef {object} Tab
 * @property {string} key
 * @property {HTMLElement} box
 * @property {HTMLButtonElement} tab
 * @property {HTMLElement} panel
 * @property {{ element: HTMLElement, setShown: (shown: boolean) => void, close?: () => void, focus?: () => void }} view
 * @property {AbortController} life
 */

const MOST_LOGS = 8;

export class Tools {
  /** @type {Tab[]} */
  #tabs = [];
  /** @type {Tab|null} */
  #shown = null;
  /** Where the focus was before the tools covered the screen of a phone. @type {HTMLElement|null} */
  #before = null;

  /** @param {HTMLElement} root @param {import('../app.js').App} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.list = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Tools' });
    const grow = iconButton('grow', 'Maximise the tools', () => {
      const big = document.documentElement.classList.toggle('tools-big');
      setAttr(grow, 'aria-pressed', String(big));
      setAttr(grow, 'title', big ? 'Back to half size' : 'Maximise the tools');
      const svg = grow.querySelector('svg');
      if (svg) setIcon(svg, big ? 'shrink' : 'grow');
    }, 'only-wide');
    const close = iconButton('close', 'Close the tools', () => this.leave(), 'only-phone');
    this.panels = el('div', { class: 'tool-panels' });
    root.append(el('header', { class: 'pane-head tool-head' }, this.list, el('span', { class: 'spring' }), grow, close), this.panels);
    this.list.addEventListener('keydown', (event) => this.#keys(event));
    this.#open('welcome', 'Welcome', new WelcomeView(app));
    app.instances.addEventListener('remove', (event) => this.#closeKey(`log-${/** @type {CustomEvent<InstanceModel>} */ (event).detail.id}`));
  }

  /** @param {InstanceModel} model */
  openLog(model) {
    const key = `log-${model.id}`;
    const there = this.#tabs.find((tab) => tab.key === key);
    if (!there) {
      const logs = this.#tabs.filter((tab) => tab.key.startsWith('log-'));
      if (logs.length >= MOST_LOGS) this.#close(logs[0]);
    }
    const tab = there ?? this.#open(key, `Log of ${model.data.name}`, new LogView(model), model);
    this.#show(tab);
    this.enter();
    tab.view.focus?.();
  }

  /** On a phone the tools cover the screen. */
  enter() {
    if (!isPhone()) return;
    this.#before = /** @type {HTMLElement|null} */ (document.activeElement);
    document.documentElement.classList.add('tools-open');
    this.#shown?.tab.focus();
  }

  leave() {
    document.documentElement.classList.remove('tools-open');
    this.#before?.focus();
    this.#before = null;
  }

  /** @param {string} key @param {string} label @param {Tab['view']} view @param {InstanceModel} [model] */
  #open(key, label, view, model) {
    const id = uid('tab');
    const life = new AbortController();
    const text = el('span', { class: 'tab-label', text: label });
    const picture = model ? icon(model.data.status) : null;
    const tab = el('button', { type: 'button', class: 'tab', role: 'tab', id, 'aria-controls': `${id}-panel`, 'aria-selected': 'false', tabindex: '-1' }, picture, text);
    const panel = el('div', { class: 'tool-panel', role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': id, hidden: true }, view.element);
    const box = el('span', { class: 'tab-box', role: 'presentation' }, tab);
    /** @type {Tab} */
    const made = { key, box, tab, panel, view, life };
    tab.addEventListener('click', () => this.#show(made));
    if (model) {
      tab.addEventListener('auxclick', (event) => event.button === 1 && this.#close(made));
      const close = iconButton('close', `Close ${label}`, () => this.#close(made), 'tab-close');
      // A list of tabs may hold nothing but tabs: by keyboard it is the Delete key.
      close.tabIndex = -1;
      setAttr(close, 'aria-hidden', 'true');
      setAttr(tab, 'aria-keyshortcuts', 'Delete');
      box.append(close);
      const render = () => {
        const words = `Log of ${model.data.name}`;
        setText(text, words);
        setAttr(tab, 'title', words);
        setAttr(close, 'aria-label', `Close ${words}`);
        box.dataset.status = model.data.status;
        if (picture) setIcon(picture, model.data.status);
      };
      render();
      model.addEventListener('change', render, { signal: life.signal });
    }
    this.#tabs.push(made);
    this.list.append(box);
    this.panels.append(panel);
    if (!this.#shown) this.#show(made);
    return made;
  }

  /** @param {Tab} tab */
  #show(tab) {
    if (this.#shown === tab) return;
    const former = this.#shown;
    this.#shown = tab;
    for (const one of this.#tabs) {
      const here = one === tab;
      setAttr(one.tab, 'aria-selected', String(here));
      one.tab.tabIndex = here ? 0 : -1;
      one.panel.hidden = !here;
    }
    former?.view.setShown(false);
    tab.view.setShown(true);
    tab.box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** @param {string} key */
  #closeKey(key) {
    const tab = this.#tabs.find((one) => one.key === key);
    if (tab) this.#close(tab);
  }

  /** @param {Tab} tab */
  #close(tab) {
    const at = this.#tabs.indexOf(tab);
    const focused = tab.box.contains(document.activeElement) || tab.panel.contains(document.activeElement);
    this.#tabs.splice(at, 1);
    const next = this.#tabs[Math.min(at, this.#tabs.length - 1)];
    if (this.#shown === tab) this.#show(next);
    tab.view.close?.();
    tab.life.abort();
    tab.box.remove();
    tab.panel.remove();
    if (focused) next.tab.focus();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const at = this.#tabs.findIndex(({ tab }) => tab === document.activeElement);
    if (at < 0) return;
    const count = this.#tabs.length;
    const to = { ArrowRight: (at + 1) % count, ArrowLeft: (at - 1 + count) % count, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined) {
      this.#show(this.#tabs[to]);
      this.#tabs[to].tab.focus();
    } else if (event.key === 'Delete' && this.#tabs[at].key !== 'welcome') this.#close(this.#tabs[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
