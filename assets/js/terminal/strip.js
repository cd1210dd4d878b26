// The sessions of an instance as tabs: shown by a click, renamed by a double click or F2, ended by their cross or Delete.
import { el, iconButton, setAttr, setText, uid } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('../api-terminal.js').Session} Session */

/** Emits `show` and `end` (detail: the id), and `rename` (detail: id and name). */
export class SessionStrip extends EventTarget {
  /** @type {Map<string, { box: HTMLElement, tab: HTMLElement, label: HTMLElement, close: HTMLElement }>} */
  #tabs = new Map();

  /** @param {string} panel the id of what shows them */
  constructor(panel) {
    super();
    this.panel = panel;
    this.element = el('div', { class: 'tabs terminal-tabs', role: 'tablist', 'aria-label': 'Terminals' });
    this.element.addEventListener('keydown', (event) => this.#keys(event));
  }

  /** @param {Session} session */
  add({ id, name }) {
    const label = el('span', { class: 'tab-label' });
    const tab = el('button', { type: 'button', class: 'tab', role: 'tab', id: uid('session'), 'aria-selected': 'false', 'aria-controls': this.panel, 'aria-keyshortcuts': 'F2 Delete', tabindex: '-1' }, icon('terminal'), label);
    // A list of tabs may hold nothing but tabs: by keyboard it is the Delete key.
    const close = iconButton('close', 'End', () => this.#tell('end', id), 'tab-close');
    close.tabIndex = -1;
    setAttr(close, 'aria-hidden', 'true');
    const box = el('span', { class: 'tab-box', role: 'presentation' }, tab, close);
    tab.addEventListener('click', () => this.#tell('show', id));
    tab.addEventListener('dblclick', () => this.edit(id));
    tab.addEventListener('auxclick', (event) => event.button === 1 && this.#tell('end', id));
    this.#tabs.set(id, { box, tab, label, close });
    this.element.append(box);
    this.name(id, name);
  }

  /** @param {string} id @param {string} name */
  name(id, name) {
    const parts = this.#tabs.get(id);
    if (!parts) return;
    setText(parts.label, name);
    setAttr(parts.tab, 'title', `${name} (double click or F2: another name)`);
    setAttr(parts.tab, 'aria-label', name);
    setAttr(parts.close, 'title', `End ${name}`);
  }

  /** @param {string} id */
  remove(id) {
    this.#tabs.get(id)?.box.remove();
    this.#tabs.delete(id);
  }

  /** @param {string|null} shown */
  select(shown) {
    for (const [id, { tab, box }] of this.#tabs) {
      setAttr(tab, 'aria-selected', String(id === shown));
      tab.tabIndex = id === shown ? 0 : -1;
      if (id === shown) box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  /** @param {string|null} id */
  focus(id) {
    if (id !== null) this.#tabs.get(id)?.tab.focus();
  }

  /** @param {string} id */
  idOfTab(id) {
    return this.#tabs.get(id)?.tab.id ?? '';
  }

  /** @param {'show'|'end'} what @param {string} id */
  #tell(what, id) {
    this.dispatchEvent(new CustomEvent(what, { detail: id }));
  }

  /** A field in the place of the name. @param {string} id */
  edit(id) {
    const parts = this.#tabs.get(id);
    if (!parts || parts.box.querySelector('input')) return;
    const before = parts.label.textContent ?? '';
    const input = el('input', { type: 'text', class: 'input session-name', value: before, maxlength: '40', 'aria-label': `Name of ${before}`, autocomplete: 'off', spellcheck: 'false' });
    let done = false;
    const leave = (/** @type {boolean} */ keep, /** @type {boolean} */ focus) => {
      if (done) return;
      done = true;
      input.remove();
      parts.tab.hidden = false;
      if (focus) parts.tab.focus();
      const name = input.value.trim();
      if (keep && name && name !== before) this.dispatchEvent(new CustomEvent('rename', { detail: { id, name } }));
    };
    input.addEventListener('blur', () => leave(true, false));
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.isComposing || !['Enter', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      leave(event.key === 'Enter', true);
    });
    parts.tab.hidden = true;
    parts.box.prepend(input);
    input.focus();
    input.select();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const ids = [...this.#tabs.keys()];
    const at = ids.findIndex((id) => this.#tabs.get(id)?.tab === document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowRight: (at + 1) % ids.length, ArrowLeft: (at - 1 + ids.length) % ids.length, Home: 0, End: ids.length - 1 }[event.key];
    if (to !== undefined) {
      this.#tell('show', ids[to]);
      this.focus(ids[to]);
    } else if (event.key === 'F2') this.edit(ids[at]);
    else if (event.key === 'Delete') this.#tell('end', ids[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
