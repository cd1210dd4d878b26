// The editor of an instance: launch.sh and the other texts of its folder.
import { editor, instanceText } from '../api-editor.js';
import { api, sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { draftKeys } from '../editor/drafts.js';
import { take, wanted } from '../editor/wanted.js';
import { recallHere, rememberHere } from '../prefs.js';
import { openSaveAsDialog } from './blueprint-dialogs.js';
import { CodePane } from './code-pane.js';
import { EditorBar } from './editor-bar.js';
import { openHistoryDialog } from './history-dialog.js';

/** @typedef {import('../api-editor.js').EditableFile} EditableFile */

const SCRIPT = 'launch.sh';

export class EditorView {
  #life = new AbortController();
  #shown = false;
  /** The texts that were opened, by their paths: each keeps what can be undone. @type {Map<string, CodePane>} */
  #panes = new Map();
  /** @type {CodePane|null} */
  #pane = null;
  /** @type {EditableFile[]} */
  #files = [];
  /** It was started anew with a saved script, and it is not known yet how that goes. */
  #restarting = false;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.select = el('select', { class: 'input editor-file', 'aria-label': `File of ${model.data.name}` });
    this.select.addEventListener('change', () => this.#open(this.select.value, true));
    this.restart = button('Save & restart', { icon: 'restart', class: 'small', on: { click: () => void this.#saveAndRestart() } });
    this.saveAs = button('Save as blueprint', { icon: 'blueprint', class: 'small fold', title: 'Save as a blueprint of your own', on: { click: () => this.#saveAs() } });
    this.bar = new EditorBar({ lead: [this.select], buttons: [this.saveAs, this.restart], onHistory: () => this.#pane && void openHistoryDialog(this.#pane, (words) => app.toasts.show('ok', words)) });
    this.stage = el('div', { class: 'code-stage' });
    this.hint = el('p', { class: 'unseen', id: `editor-hint-${model.id}`, text: 'To leave the text by keyboard, press Escape and then Tab. Control M makes Tab move on until it is pressed again.' });
    this.element = el('div', { class: 'tool-view editor-view' }, this.bar.element, this.hint, this.stage);
    // Wherever the focus is in here: the text is meant.
    this.element.addEventListener('keydown', (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 's' || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      void this.#pane?.save();
    });
    const { signal } = this.#life;
    model.addEventListener('change', () => this.#followRun(), { signal });
    wanted.addEventListener('want', (event) => /** @type {CustomEvent<number>} */ (event).detail === model.id && this.#openWanted(), { signal });
    addEventListener('storage', () => this.#renderFiles(), { signal });
    this.#open(take(model.id) ?? recallHere(`editor.${model.id}`, SCRIPT));
    void this.#list();
  }

  #openWanted() {
    const path = take(this.model.id);
    if (path) this.#open(path, true);
  }

  async #list() {
    try {
      const { files } = await editor.files(this.model.id);
      this.#files = files;
      this.#renderFiles();
    } catch {
      // The text itself says what is wrong; without the list there is at least that one.
    }
  }

  /** @param {string} path @param {boolean} [focus] */
  #open(path, focus = false) {
    const { model } = this;
    let pane = this.#panes.get(path);
    if (!pane) {
      const kind = { [SCRIPT]: 'script', 'requirements.txt': 'requirements', 'launch_args.txt': 'launch_args' }[path] ?? 'file';
      pane = this.#create(path, kind);
      this.#panes.set(path, pane);
      this.stage.append(pane.element);
    }
    if (this.#pane !== pane) {
      this.#pane?.setShown(false);
      for (const other of this.#panes.values()) show(other.element, other === pane);
      this.#pane = pane;
      pane.setShown(this.#shown);
    }
    rememberHere(`editor.${model.id}`, path);
    this.#render();
    if (focus) pane.focus();
  }

  /** @param {string} path @param {string} kind */
  #create(path, kind) {
    const { app, model } = this;
    const pane = new CodePane(instanceText(model.id, path, kind), {
      original: async () => {
        const from = pane.session.opened?.from;
        return from ? (await editor.blueprint(from.filename, from.origin)).content : '';
      },
      parent: (id) => {
        const parent = app.instances.get(id);
        if (parent) app.tools.open('editor', parent);
      },
    });
    setAttr(pane.code.view.contentDOM, 'aria-describedby', this.hint.id);
    pane.addEventListener('state', () => this.#render());
    pane.addEventListener('saved', () => void this.#list());
    return pane;
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#pane?.setShown(shown);
    if (shown) void this.#list();
  }

  focus() {
    this.#pane?.focus();
  }

  close() {
    this.#life.abort();
    for (const pane of this.#panes.values()) pane.close();
  }

  #render() {
    this.bar.use(this.#pane);
    const session = this.#pane?.session;
    const writable = Boolean(session?.opened) && !session?.readOnly;
    const { status } = this.model.data;
    const idle = status === 'stopped' || status === 'error';
    setText(/** @type {Element} */ (this.restart.querySelector('.button-label')), idle ? 'Save & start' : 'Save & restart');
    show(this.restart, writable);
    this.restart.disabled = session?.busy === 'saving' || status === 'stopping' || status === 'installing' || Boolean(session?.theirs);
    show(this.saveAs, this.#pane?.source.name === SCRIPT && Boolean(session?.opened));
    this.#renderFiles();
  }

  #renderFiles() {
    const { select } = this;
    const here = this.#pane?.source.name ?? SCRIPT;
    const known = this.#files.some(({ path }) => path === here) ? this.#files : [...this.#files, { path: here, exists: true, file_type: 'file', size: 0, modified: null, named: false }];
    const drafts = new Set(draftKeys(`instance.${this.model.id}.`));
    const wanted = known.map(({ path, exists }) => {
      const unsaved = this.#panes.get(path)?.session.isDirty || drafts.has(`instance.${this.model.id}.${path}`);
      return /** @type {const} */ ([path, `${unsaved ? '● ' : ''}${path}${exists ? '' : ' (not there yet)'}`]);
    });
    const key = JSON.stringify(wanted);
    if (select.dataset.options !== key) {
      select.dataset.options = key;
      select.replaceChildren(...wanted.map(([value, text]) => el('option', { value, text })));
    }
    select.value = here;
  }

  async #saveAndRestart() {
    const pane = this.#pane;
    if (!pane) return;
    const { app, model } = this;
    const { status } = model.data;
    const idle = status === 'stopped' || status === 'error';
    pane.flush();
    const { session } = pane;
    this.#restarting = true;
    if (session.isDirty || session.opened?.exists === false) {
      const saved = await pane.save({ restart: !idle });
      if (!saved) {
        this.#restarting = false;
        return;
      }
      if (saved.restart && !saved.restart.ok) {
        this.#restarting = false;
        pane.strips.note(saved.restart.detail);
        return;
      }
      if (saved.restart) {
        // It may have ended before the answer came, which cleared what was said.
        if (!this.#restarting && model.data.status === 'error') this.#noteFailure();
        return;
      }
    }
    try {
      app.instances.put(await api.control(model.id, idle ? 'start' : 'restart'), true);
    } catch (error) {
      this.#restarting = false;
      pane.strips.note(`The file is saved; ${model.data.name} could not be ${idle ? 'started' : 'restarted'}: ${sentence(error)}`);
    }
  }

  #noteFailure() {
    const { reason, name } = this.model.data;
    this.#pane?.strips.note(`The file is saved; ${name} did not start with it: ${reason ?? 'it ended at once.'}`);
  }

  /** How the start with the saved script goes. */
  #followRun() {
    const { status, name } = this.model.data;
    if (this.#restarting && status === 'error') {
      this.#restarting = false;
      this.#noteFailure();
    } else if (status === 'started' && this.#restarting && this.#seenDown) {
      this.#restarting = false;
      this.app.toasts.show('ok', `${name} runs with what was saved.`);
    }
    this.#seenDown = this.#restarting && status !== 'started' ? true : this.#restarting && this.#seenDown;
    this.#render();
  }

  /** The run before has come to its end. */
  #seenDown = false;

  #saveAs() {
    const pane = this.#pane;
    if (!pane) return;
    pane.flush();
    const stem = this.model.data.base_blueprint.replace(/\.sh$/, '').replace(/[^A-Za-z0-9_-]+/g, '_');
    openSaveAsDialog(this.app, {
      title: 'Save as a blueprint',
      name: `${stem.replace(/_custom$/, '')}_custom.sh`,
      words: 'The text as it stands here becomes a blueprint of your own, for new instances. This instance keeps its script.',
      content: () => pane.session.text,
    });
  }
}
