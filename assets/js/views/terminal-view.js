// The terminals of one instance: its sessions on the server as tabs, one of them on the screen.
import { sentence } from '../api.js';
import { terminals } from '../api-terminal.js';
import { button, el, iconButton, setAttr, setText, show, uid } from '../dom.js';
import { recallHere, rememberHere } from '../prefs.js';
import { ScreenFind } from '../terminal/find.js';
import { SessionPane } from '../terminal/pane.js';
import { SessionStrip } from '../terminal/strip.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../api-terminal.js').Session} Session */

export class TerminalView {
  /** @type {Map<string, { session: Session, pane: SessionPane, find: ScreenFind }>} */
  #open = new Map();
  /** @type {string|null} */
  #current = null;
  #shown = false;
  #closed = false;
  #busy = false;
  /** Where the focus was when it was asked into a terminal that was still coming: it is taken from nowhere else. @type {Element|null} */
  #focusedBefore = null;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    const id = uid('terminal');
    this.stage = el('div', { class: 'terminal-stage', role: 'tabpanel', id });
    this.strip = new SessionStrip(id);
    this.finds = el('div', { class: 'terminal-find', hidden: true });
    this.words = el('p', { text: 'Opening…', role: 'status' });
    this.again = button('New terminal', { icon: 'add', primary: true, on: { click: () => void this.#new() } });
    this.nothing = el('div', { class: 'nothing terminal-nothing' }, this.words, this.again);
    this.element = this.#create();
    this.strip.addEventListener('show', (event) => this.#show(/** @type {CustomEvent<string>} */ (event).detail));
    this.strip.addEventListener('end', (event) => void this.#end(/** @type {CustomEvent<string>} */ (event).detail));
    this.strip.addEventListener('rename', (event) => void this.#rename(/** @type {CustomEvent<{ id: string, name: string }>} */ (event).detail));
    this.#say('Opening…', false);
    void this.#begin();
  }

  #create() {
    const add = iconButton('add', 'New terminal', () => void this.#new());
    const find = iconButton('search', 'Find (Ctrl+Shift+F)', () => this.#find(Boolean(this.finds.hidden)));
    const smaller = iconButton('lettersLess', 'Smaller letters', () => this.#pane?.screen.enlarge(-1));
    const larger = iconButton('letters', 'Larger letters', () => this.#pane?.screen.enlarge(1));
    this.buttons = { find, smaller, larger };
    const bar = el('div', { class: 'tool-bar terminal-bar' }, this.strip.element, add, el('span', { class: 'spring' }), find, smaller, larger);
    return el('div', { class: 'tool-view terminal-view' }, bar, this.finds, this.stage, this.nothing);
  }

  get #pane() {
    return this.#current === null ? undefined : this.#open.get(this.#current)?.pane;
  }

  get #key() {
    return `terminal.${this.model.id}`;
  }

  /** Comes back to the sessions there are, or opens the first. */
  async #begin() {
    await this.#try(async () => {
      const all = await terminals.list(this.model.id);
      if (this.#closed) return;
      for (const session of all) this.#add(session);
      const kept = recallHere(this.#key, '');
      const first = all.find(({ id }) => id === kept) ?? all.at(-1);
      if (first) this.#show(first.id);
      else await this.#openNew();
    });
  }

  async #new() {
    await this.#try(() => this.#openNew());
    this.focus();
  }

  async #openNew() {
    const session = await terminals.open(this.model.id);
    if (this.#closed) return;
    this.#add(session);
    this.#show(session.id);
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      if (this.#closed) return;
      if (this.#open.size) this.app.toasts.show('error', sentence(error));
      else this.#say(sentence(error), true);
    } finally {
      this.#busy = false;
    }
  }

  /** In the place of a screen. @param {string} text @param {boolean} offer a new one */
  #say(text, offer) {
    setText(this.words, text);
    show(this.again, offer);
    show(this.nothing, true);
    show(this.stage, false);
    for (const one of Object.values(this.buttons ?? {})) one.toggleAttribute('disabled', true);
  }

  /** @param {Session} session */
  #add(session) {
    if (this.#open.has(session.id)) return;
    const { id } = session;
    const pane = new SessionPane(this.model.id, session, this.model.data.name);
    const find = new ScreenFind(pane.screen, { label: 'Find in the terminal', onLeave: () => this.#find(false) });
    this.#open.set(id, { session, pane, find });
    this.strip.add(session);
    pane.addEventListener('find', () => this.#find(true));
    pane.addEventListener('leave', () => this.strip.focus(id));
    pane.addEventListener('again', () => void this.#replace(id));
    pane.addEventListener('ended', (event) => {
      const { why, code } = /** @type {CustomEvent<import('../terminal/link.js').Ended>} */ (event).detail;
      // Whoever typed `exit` wants it gone. Anything else is to be read first.
      if (why === 'exit' && code === 0) this.#remove(id);
    });
  }

  /** A new session where one has ended. @param {string} id */
  async #replace(id) {
    await this.#try(async () => {
      await this.#openNew();
      this.#remove(id);
    });
    this.focus();
  }

  /** @param {string} id */
  #show(id) {
    const next = this.#open.get(id);
    if (!next) return;
    const focused = this.stage.contains(document.activeElement);
    this.#pane?.setShown(false);
    this.#current = id;
    rememberHere(this.#key, id);
    this.strip.select(id);
    setAttr(this.stage, 'aria-labelledby', this.strip.idOfTab(id));
    this.stage.replaceChildren(next.pane.element);
    this.finds.replaceChildren(next.find.element);
    show(this.nothing, false);
    show(this.stage, true);
    for (const one of Object.values(this.buttons ?? {})) one.toggleAttribute('disabled', false);
    next.pane.setShown(this.#shown);
    if (focused || (this.#focusedBefore && this.#focusedBefore === document.activeElement)) next.pane.focus();
    this.#focusedBefore = null;
  }

  /** @param {string} id */
  #remove(id) {
    const gone = this.#open.get(id);
    if (!gone) return;
    const focused = this.element.contains(document.activeElement);
    const ids = [...this.#open.keys()];
    const at = ids.indexOf(id);
    this.#open.delete(id);
    this.strip.remove(id);
    gone.pane.close();
    if (this.#current !== id) return;
    this.#current = null;
    const next = ids[at + 1] ?? ids[at - 1];
    if (next) {
      this.#show(next);
      if (focused) this.#pane?.focus();
      return;
    }
    show(this.finds, false);
    this.#say('No terminal is open.', true);
    if (focused) this.again.focus();
  }

  /** What runs is not ended by a slip. @param {string} id */
  async #end(id) {
    const one = this.#open.get(id);
    if (!one) return;
    if (one.pane.link.state === 'over') {
      this.#remove(id);
      return;
    }
    try {
      const now = (await terminals.list(this.model.id)).find((session) => session.id === id);
      if (now?.program) this.#confirm(id, now.name, now.program);
      else await this.#endNow(id);
    } catch (error) {
      this.app.toasts.show('error', sentence(error));
    }
  }

  /** @param {string} id @param {string} name @param {string} program */
  #confirm(id, name, program) {
    const dialog = new Dialog({
      title: `End ${name}?`,
      submit: 'End it',
      danger: true,
      onSubmit: async () => {
        await this.#endNow(id);
        dialog.close();
        this.focus();
      },
    });
    dialog.body.append(el('p', {}, el('strong', { text: program }), ' is running in it, and will be ended as well.'));
    dialog.open(dialog.cancel);
  }

  /** @param {string} id */
  async #endNow(id) {
    await terminals.end(this.model.id, id);
    this.#remove(id);
  }

  /** @param {{ id: string, name: string }} wanted */
  async #rename({ id, name }) {
    const one = this.#open.get(id);
    if (!one) return;
    this.strip.name(id, name);
    try {
      one.session = await terminals.rename(this.model.id, id, name);
    } catch (error) {
      this.app.toasts.show('error', sentence(error));
    }
    this.strip.name(id, one.session.name);
  }

  /** @param {boolean} on */
  #find(on) {
    const find = this.#current === null ? undefined : this.#open.get(this.#current)?.find;
    show(this.finds, on && Boolean(find));
    setAttr(this.buttons?.find ?? this.finds, 'aria-pressed', String(on));
    if (on) {
      find?.input.focus();
      find?.input.select();
    } else this.focus();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#pane?.setShown(shown);
    if (shown) this.#pane?.link.retry();
  }

  focus() {
    const pane = this.#pane;
    if (pane) pane.focus();
    else if (!this.again.hidden) this.again.focus();
    else this.#focusedBefore = document.activeElement;
  }

  close() {
    this.#closed = true;
    for (const { pane } of this.#open.values()) pane.close();
    this.#open.clear();
  }
}
