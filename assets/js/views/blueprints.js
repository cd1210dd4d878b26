// The blueprints: stock ones to look at, one's own to make, change, rename and delete.
import { blueprintText, editor } from '../api-editor.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { moment } from '../format.js';
import { recallHere, rememberHere } from '../prefs.js';
import { openDeleteBlueprintDialog, openRenameDialog, openSaveAsDialog } from './blueprint-dialogs.js';
import { BlueprintList } from './blueprint-list.js';
import { CodePane } from './code-pane.js';
import { Dialog } from './dialog.js';
import { EditorBar } from './editor-bar.js';
import { openHistoryDialog } from './history-dialog.js';

/** @typedef {import('./blueprint-list.js').Line} Line */

const TEMPLATE = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = My app
# aikore.category = Image
# aikore.description = One sentence that says what it is good for.
# aikore.venv_path = ./env
# aikore.ready = http:/
### AIKORE-METADATA-END ###
source "$AIKORE_LIB/functions.sh"

# Install what it needs, then start it on 127.0.0.1:$WEBUI_PORT.
exec python3 -m http.server --bind 127.0.0.1 "$WEBUI_PORT"
`;
const KEY = 'blueprints';

export class BlueprintsView {
  #life = new AbortController();
  #shown = false;
  /** @type {Map<string, CodePane>} */
  #panes = new Map();
  /** @type {{ line: Line, pane: CodePane }|null} */
  #open = null;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.list = new BlueprintList({ onOpen: (line) => this.#show(line, true), onPutBack: (filename) => void this.#putBack(filename), onForget: (filename, at) => this.#forget(filename, at) });
    const back = iconButton('back', 'Back to the list', () => this.#leave(), 'only-phone');
    this.title = el('strong', { class: 'ellipsis mono' });
    this.copy = button('Copy as custom', { icon: 'copy', class: 'small', on: { click: () => this.#copy() } });
    this.rename = iconButton('edit', 'Rename', () => this.#rename());
    this.remove = iconButton('delete', 'Delete', () => this.#remove());
    this.bar = new EditorBar({ lead: [back, this.title], buttons: [this.rename, this.remove, this.copy], onHistory: () => this.#open && void openHistoryDialog(this.#open.pane, (words) => app.toasts.show('ok', words)) });
    this.facts = el('p', { class: 'editor-facts hint' });
    this.stage = el('div', { class: 'code-stage' });
    this.side = el('section', { class: 'blueprint-side', 'aria-label': 'Text of the blueprint', hidden: true }, this.bar.element, this.facts, this.stage);
    this.empty = el('p', { class: 'nothing', text: 'Choose a blueprint to read or change it. A copy of a stock one is yours to change.' });
    const fresh = button('New blueprint', { icon: 'add', class: 'small', on: { click: () => this.#create() } });
    this.master = el('section', { class: 'blueprint-master', 'aria-label': 'Blueprints' }, el('div', { class: 'tool-bar' }, el('span', { class: 'muted', text: 'Blueprints' }), el('span', { class: 'spring' }), fresh), this.list.element);
    this.element = el('div', { class: 'tool-view blueprints-view' }, this.master, this.side, this.empty);
    this.element.addEventListener('keydown', (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 's' || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      void this.#open?.pane.save();
    });
    app.catalogue.addEventListener('change', () => this.#shown && void this.load(), { signal: this.#life.signal });
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#open?.pane.setShown(shown);
    if (shown) void this.load();
  }

  focus() {
    if (this.#open) this.#open.pane.focus();
    else this.list.focus();
  }

  close() {
    this.#shown = false;
    this.#life.abort();
    for (const pane of this.#panes.values()) pane.close();
  }

  async load() {
    try {
      const [{ stock }, { blueprints, deleted }] = await Promise.all([this.app.catalogue.sides(), editor.own()]);
      this.list.set(stock, blueprints, deleted);
      const last = /** @type {[string, 'stock'|'custom']|null} */ (recallHere(KEY, null));
      const line = !this.#open && last && this.list.find(last[0], last[1]);
      if (line) this.#show(line);
      else if (this.#open) this.#renew(this.list.find(this.#open.line.filename, this.#open.line.origin));
    } catch (error) {
      this.list.fail(sentence(error));
    }
  }

  /** What is known of the one that is open. @param {Line|undefined} line */
  #renew(line) {
    if (line && this.#open) this.#open.line = line;
    this.#render();
  }

  /** @param {Line} line @param {boolean} [focus] */
  #show(line, focus = false) {
    const key = `${line.origin}.${line.filename}`;
    let pane = this.#panes.get(key);
    if (!pane) {
      pane = new CodePane(blueprintText(line.filename, line.origin));
      pane.addEventListener('state', () => this.#render());
      pane.addEventListener('saved', () => this.app.catalogue.refresh());
      this.#panes.set(key, pane);
      this.stage.append(pane.element);
    }
    if (this.#open && this.#open.pane !== pane) this.#open.pane.setShown(false);
    for (const other of this.#panes.values()) show(other.element, other === pane);
    this.#open = { line, pane };
    pane.setShown(this.#shown);
    rememberHere(KEY, [line.filename, line.origin]);
    this.element.classList.add('opened');
    this.list.mark(line);
    this.#render();
    if (focus) pane.focus();
  }

  /** Back to the list, where both have no room side by side. */
  #leave() {
    this.element.classList.remove('opened');
    this.list.focus();
  }

  #render() {
    const open = this.#open;
    show(this.side, Boolean(open));
    show(this.empty, !open);
    this.bar.use(open?.pane ?? null);
    if (!open) return;
    const { line } = open;
    const own = line.origin === 'custom';
    setText(this.title, line.filename);
    setAttr(this.title, 'title', line.filename);
    for (const one of [this.rename, this.remove, this.bar.history]) show(one, own);
    setText(/** @type {Element} */ (this.copy.querySelector('.button-label')), own ? 'Copy' : 'Copy as custom');
    const used = line.used_by.length ? `Made from it: ${line.used_by.join(', ')}. Their own scripts stay as they are.` : '';
    const shadow = line.shadows ? (own ? 'It takes the place of the stock blueprint of this name.' : 'One of your own has this name and takes its place for new instances.') : '';
    setText(this.facts, [shadow, used].filter(Boolean).join(' '));
    show(this.facts, Boolean(this.facts.textContent));
  }

  /** Forgets the text of one that is no longer there under this name. @param {string} filename */
  #drop(filename) {
    const key = `custom.${filename}`;
    const pane = this.#panes.get(key);
    if (!pane) return;
    this.#panes.delete(key);
    pane.close();
    pane.element.remove();
    if (this.#open?.pane !== pane) return;
    this.#open = null;
    rememberHere(KEY, null);
    this.element.classList.remove('opened');
    this.#render();
  }

  /** @param {string} filename */
  async #openOwn(filename) {
    await this.load();
    const line = this.list.find(filename, 'custom');
    if (line) this.#show(line, true);
  }

  #create() {
    openSaveAsDialog(this.app, {
      title: 'New blueprint',
      name: 'my-app.sh',
      words: 'It begins with a header and a few lines that run as they are; change them to what your app needs.',
      content: () => TEMPLATE,
      done: (filename) => void this.#openOwn(filename),
    });
  }

  #copy() {
    const open = this.#open;
    if (!open) return;
    open.pane.flush();
    openSaveAsDialog(this.app, {
      title: `Copy ${open.line.filename}`,
      name: `${open.line.filename.replace(/\.sh$/, '').replace(/[^A-Za-z0-9_-]+/g, '_')}_custom.sh`,
      words: 'The text as it stands here becomes a blueprint of your own.',
      content: () => open.pane.session.text,
      done: (filename) => void this.#openOwn(filename),
    });
  }

  #rename() {
    const open = this.#open;
    if (!open) return;
    const { filename, used_by } = open.line;
    if (open.pane.session.isDirty) {
      this.app.toasts.show('info', `${filename} has unsaved edits: save or discard them, then rename it.`);
      return;
    }
    openRenameDialog(this.app, filename, used_by, (name) => {
      this.#drop(filename);
      void this.#openOwn(name);
    });
  }

  #remove() {
    const open = this.#open;
    if (!open) return;
    const { filename, shadows, used_by } = open.line;
    openDeleteBlueprintDialog(this.app, { filename, shadows, used_by }, (back) => {
      this.#drop(filename);
      void this.load();
      this.list.focus();
      this.app.toasts.show('ok', `${filename} is deleted.`, { label: 'Undo', run: () => void back().then(() => this.#openOwn(filename)) });
    });
  }

  /** @param {string} filename */
  async #putBack(filename) {
    try {
      await editor.putBack(filename);
      this.app.catalogue.refresh();
      this.app.toasts.show('ok', `${filename} is back.`);
      await this.#openOwn(filename);
    } catch (error) {
      this.app.toasts.show('error', `${filename} could not be put back: ${sentence(error)}`);
      await this.load();
    }
  }

  /** @param {string} filename @param {string} at */
  #forget(filename, at) {
    const dialog = new Dialog({
      title: `Delete ${filename} for good`,
      submit: 'Delete for good',
      danger: true,
      onSubmit: async () => {
        await editor.forget(filename);
        dialog.close();
        this.list.focus();
        await this.load();
      },
    });
    dialog.body.append(el('p', { text: `It was deleted ${moment(at)}. Its text and its history go; nothing brings them back.` }));
    dialog.open(dialog.cancel);
  }
}
