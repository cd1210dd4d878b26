// A new instance in two steps: the catalogue, then a form that is filled in already.
import { sentence } from '../api.js';
import { button, el, setText, show } from '../dom.js';
import { blueprintTitle } from '../format.js';
import { CatalogueView } from './catalogue.js';
import { CreateForm } from './create-form.js';
import { Dialog } from './dialog.js';
import { welcomeRow } from './fresh-row.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../catalogue.js').Entry} Entry */

/** @param {App} app @param {string} [filename] the blueprint to begin with: its form at once */
export async function openCreateDialog(app, filename) {
  await new CreateDialog(app).load(filename);
}

class CreateDialog {
  /** @type {CreateForm|null} */
  #form = null;
  /** @type {CatalogueView|null} */
  #catalogue = null;
  /** @type {Entry|null} */
  #entry = null;
  /** What was typed into the form of a blueprint is there when it is picked again. @type {Map<string, CreateForm>} */
  #forms = new Map();
  /** @type {import('../types.js').GpuInfo[]} */
  #gpus = [];
  /** @type {number[]} */
  #ports = [];

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.dialog = new Dialog({ title: 'New instance', className: 'dialog-create', submit: 'Create and start', onSubmit: () => this.#create() });
    this.back = button('All blueprints', { quiet: true, icon: 'back', on: { click: () => this.#browse() } });
    this.dialog.footer.prepend(this.back);
    this.dialog.body.append(el('p', { class: 'nothing', text: 'Looking up blueprints…' }));
    this.#step(false);
    this.dialog.open();
  }

  /** @param {string} [filename] */
  async load(filename) {
    try {
      const { catalogue } = this.app;
      const [entries, info, ports] = await Promise.all([
        catalogue.entries(),
        catalogue.info().catch(() => null),
        catalogue.freePorts().catch(() => []),
        catalogue.desktop(),
      ]);
      if (!this.dialog.isOpen) return;
      [this.#gpus, this.#ports] = [info?.gpus ?? [], ports];
      this.#catalogue = new CatalogueView(entries);
      this.#catalogue.addEventListener('pick', (event) => this.#fill(/** @type {CustomEvent<Entry>} */ (event).detail));
      const wanted = entries.find((entry) => entry.filename === filename);
      if (wanted) this.#fill(wanted);
      else this.#browse();
    } catch (error) {
      this.dialog.body.replaceChildren(el('p', { class: 'nothing', text: 'The blueprints could not be read. Close this and try again.' }));
      this.dialog.setError(sentence(error));
    }
  }

  /** @param {boolean} filling whether the form is shown */
  #step(filling) {
    show(this.back, filling);
    show(this.dialog.submit, filling);
    this.dialog.element.classList.toggle('filling', filling);
    this.dialog.setError(null);
  }

  #browse() {
    if (!this.#catalogue) return;
    setText(this.dialog.title, 'New instance');
    this.dialog.body.replaceChildren(this.#catalogue.element);
    this.#step(false);
    this.#catalogue.focus(this.#entry);
  }

  /** @param {Entry} entry */
  #fill(entry) {
    this.#entry = entry;
    let form = this.#forms.get(entry.filename);
    if (!form) {
      form = new CreateForm(this.app, entry, this.#gpus, this.#ports);
      this.#forms.set(entry.filename, form);
      form.addEventListener('change', () => this.#follow());
    }
    this.#form = form;
    setText(this.dialog.title, `New ${blueprintTitle(entry)}`);
    this.dialog.body.replaceChildren(form.element);
    this.dialog.body.scrollTop = 0;
    this.#step(true);
    this.#follow();
    form.begin();
  }

  /** The button says what will happen, and can be pressed when it can. */
  #follow() {
    if (!this.#form) return;
    const label = this.dialog.submit.querySelector('.button-label');
    if (label) setText(label, this.#form.starts ? 'Create and start' : 'Create');
    this.dialog.setReady(this.#form.isReady);
  }

  async #create() {
    const { app, dialog } = this;
    const form = this.#form;
    if (!form) return;
    const made = await form.send();
    if (!made) return;
    const model = app.instances.put(made, true);
    dialog.close();
    welcomeRow(app, model, form.starts && made.status === 'stopped');
  }
}
