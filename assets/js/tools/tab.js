// One tab of the tools pane: its button, its panel, and the view that is loaded when it is first shown.
import { sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, uid } from '../dom.js';
import { drawn } from '../drawn.js';
import { icon, setIcon } from '../icons.js';
import { zoomed } from '../views/zoom.js';
import { titleOf } from './registry.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('./registry.js').Tool} Tool */

/** @param {Tool} tool @param {InstanceModel|undefined} model */
export const keyOf = (tool, model) => (tool.perInstance ? `${tool.id}-${model?.id}` : tool.id);

/** Emits `show` and `close` when the person asks for it. */
export class ToolTab extends EventTarget {
  /** @type {import('./registry.js').ToolView|null} */
  view = null;
  #loading = false;
  #shown = false;
  /** Where the focus was when it was asked into a view that was still loading: it is taken from nowhere else. @type {Element|null} */
  #focusedBefore = null;
  #life = new AbortController();

  /** @param {import('../app.js').App} app @param {Tool} tool @param {InstanceModel} [model] */
  constructor(app, tool, model) {
    super();
    this.app = app;
    this.tool = tool;
    this.model = model;
    this.key = keyOf(tool, model);
    const id = uid('tab');
    const text = el('span', { class: 'tab-label' });
    const picture = icon(model ? model.data.status : tool.icon);
    this.tab = el('button', { type: 'button', class: 'tab', role: 'tab', id, 'aria-controls': `${id}-panel`, 'aria-selected': 'false', tabindex: '-1' }, picture, text);
    this.panel = el('div', { class: 'tool-panel', role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': id, hidden: true });
    this.box = el('span', { class: 'tab-box', role: 'presentation' }, this.tab);
    this.tab.addEventListener('click', () => this.#ask('show'));
    zoomed(this.panel, `tool.${tool.id}`, this.#life.signal);
    const close = this.closable ? this.#addClose() : null;
    const render = () => {
      const words = titleOf(tool, model);
      setText(text, words);
      setAttr(this.tab, 'title', words);
      if (close) setAttr(close, 'aria-label', `Close ${words}`);
      if (!model) return;
      this.box.dataset.status = model.data.status;
      setIcon(picture, model.data.status);
    };
    render();
    model?.addEventListener('change', render, { signal: this.#life.signal });
  }

  /** Welcome stays: there is always something to see. */
  get closable() {
    return this.tool.id !== 'welcome';
  }

  get title() {
    return titleOf(this.tool, this.model);
  }

  #addClose() {
    this.tab.addEventListener('auxclick', (event) => event.button === 1 && this.#ask('close'));
    const close = iconButton('close', 'Close', () => this.#ask('close'), 'tab-close');
    // A list of tabs may hold nothing but tabs: by keyboard it is the Delete key.
    close.tabIndex = -1;
    setAttr(close, 'aria-hidden', 'true');
    setAttr(this.tab, 'aria-keyshortcuts', 'Delete');
    this.box.append(close);
    return close;
  }

  /** @param {'show'|'close'} name */
  #ask(name) {
    this.dispatchEvent(new Event(name));
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    setAttr(this.tab, 'aria-selected', String(shown));
    this.tab.tabIndex = shown ? 0 : -1;
    this.panel.hidden = !shown;
    if (!this.view && shown) void this.#load();
    else this.view?.setShown(shown);
  }

  /** Into the view, as soon as there is one. */
  focus() {
    if (this.view) this.view.focus?.();
    else this.#focusedBefore = document.activeElement;
  }

  close() {
    this.#life.abort();
    this.view?.close?.();
    this.box.remove();
    this.panel.remove();
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    this.panel.replaceChildren(el('p', { class: 'nothing', role: 'status', text: 'Loading…' }));
    try {
      await drawn;
      const create = await this.tool.load();
      if (this.#life.signal.aborted) return;
      this.view = create(this.app, /** @type {InstanceModel} */ (this.model));
      this.panel.replaceChildren(this.view.element);
      this.view.setShown(this.#shown);
      if (this.#focusedBefore && this.#focusedBefore === document.activeElement && this.#shown) this.view.focus?.();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#loading = false;
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.panel.replaceChildren(
      el(
        'div',
        { class: 'nothing', role: 'alert' },
        el('p', { text: `This tool could not be loaded. Is AiKore running? (${sentence(error)})` }),
        button('Try again', { icon: 'restart', on: { click: () => void this.#load() } }),
      ),
    );
  }
}
