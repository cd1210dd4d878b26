// A new instance: pick a blueprint, give it a name, start.
import { api, sentence } from '../api.js';
import { needs } from '../catalogue.js';
import { el, setText, show } from '../dom.js';
import { blueprintTitle, nameFault, slugOf } from '../format.js';
import { BlueprintPicker } from './blueprint-picker.js';
import { Dialog, field, showAt, textInput, tick } from './dialog.js';
import { freest, GpuChips } from './gpu-chips.js';
import { portSelect } from './port-select.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../catalogue.js').Entry} Entry */

/** @param {App} app @param {string} [filename] the blueprint to begin with */
export async function openCreateDialog(app, filename) {
  const dialog = new CreateDialog(app);
  await dialog.load(filename);
}

class CreateDialog {
  /** The name is still ours, not the user's. */
  #suggested = true;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.dialog = new Dialog({ title: 'New instance', className: 'dialog-create', submit: 'Create and start', onSubmit: () => this.#create() });
    this.dialog.body.append(el('p', { class: 'nothing', text: 'Looking up blueprints…' }));
    this.dialog.setReady(false);
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
      ]);
      if (this.dialog.isOpen) this.#build(entries, info?.gpus ?? [], ports, filename);
    } catch (error) {
      this.dialog.body.replaceChildren(el('p', { class: 'nothing', text: 'The blueprints could not be read.' }));
      this.dialog.setError(sentence(error));
    }
  }

  /** @param {Entry[]} entries @param {import('../types.js').GpuInfo[]} gpus @param {number[]} ports @param {string} [filename] */
  #build(entries, gpus, ports, filename) {
    const { app, dialog } = this;
    this.picker = new BlueprintPicker(entries);
    this.about = el('div', { class: 'about' });
    this.name = field('Name', textInput({ placeholder: 'my-studio', maxlength: '255' }), { wide: true, hint: 'Also the name of its folder and the end of its address.' });
    this.gpus = new GpuChips(gpus, app.server.stats, null, () => (this.gpusTouched = true));
    this.port = field('Public port', portSelect(ports, null), { hint: 'Besides the address by path.' });
    this.output = field('Output folder', textInput({ placeholder: 'the name' }), { hint: 'Below outputs/. Empty: the name.' });
    this.autostart = tick('Start together with AiKore', false);
    this.start = tick('Start now', true);
    const form = el('div', { class: 'form two' }, this.about, this.name.element, this.gpus.element, this.port.element, this.output.element, el('div', { class: 'ticks wide' }, this.autostart.element, this.start.element));
    dialog.body.replaceChildren(el('div', { class: 'create' }, this.picker.element, form));

    this.picker.addEventListener('pick', () => this.#picked());
    this.picker.addEventListener('take', () => {
      this.name?.control.focus();
      this.name?.control.select();
    });
    this.name.control.addEventListener('input', () => {
      this.#suggested = this.name?.control.value === '';
      this.#checkName(true);
    });
    this.start.input.addEventListener('change', () => this.#label());
    this.output.control.addEventListener('input', () => this.output?.setError(null));
    this.port.control.addEventListener('change', () => this.port?.setError(null));

    const wanted = entries.find((entry) => entry.filename === filename);
    this.#picked();
    if (wanted) {
      this.picker.choose(wanted);
      this.name.control.focus();
      this.name.control.select();
    } else this.picker.search.focus();
  }

  #label() {
    const label = this.dialog.submit.querySelector('.button-label');
    if (label) setText(label, this.start?.input.checked ? 'Create and start' : 'Create');
  }

  #picked() {
    const { about, picker, name, gpus, app } = this;
    if (!about || !picker || !name) return;
    const { chosen } = picker;
    about.replaceChildren();
    if (!chosen) {
      about.append(el('p', { class: 'hint', text: 'Pick a blueprint: it says what is installed and how it is started.' }));
    } else {
      const facts = [...needs(chosen), chosen.license ?? ''].filter(Boolean).join(' · ');
      about.append(
        el('h3', { text: blueprintTitle(chosen) }),
        el('p', { text: chosen.description ?? '' }),
        el('p', { class: 'facts' }, el('span', { class: 'mono', text: chosen.filename }), facts ? ` · ${facts}` : '', safeLink(chosen.homepage)),
      );
      if (chosen.gpu === 'required' && app.server.gpuCount === 0) about.append(el('p', { class: 'caution', text: 'It needs a GPU, and none is visible on this machine: it may install but not run.' }));
      if (!this.gpusTouched && gpus) gpus.pick(chosen.gpu === 'none' ? [] : freest(app.server.stats));
    }
    if (this.#suggested) name.control.value = chosen ? this.#suggestion(chosen) : '';
    this.#checkName(false);
  }

  /** A free name after the blueprint's. @param {Entry} entry */
  #suggestion(entry) {
    const stem = entry.filename.replace(/\.sh$/, '');
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? stem : `${stem}-${number}`;
      if (!this.#taken(name)) return name;
    }
  }

  /** @param {string} name */
  #taken(name) {
    const slug = slugOf(name);
    return [...this.app.instances.models.values()].find(({ data }) => data.name === name || (slug && data.slug === slug))?.data;
  }

  /** @param {boolean} typing an empty field is not yet a fault @returns {boolean} */
  #checkName(typing) {
    const { name, picker, dialog, output } = this;
    if (!name || !picker) return false;
    const text = name.control.value;
    const taken = this.#taken(text);
    let fault = nameFault(text);
    if (!fault && taken) fault = taken.name === text ? 'This name is taken.' : `Its address would be the same as that of “${taken.name}”.`;
    name.setError(fault && text !== '' && (typing || !this.#suggested) ? fault : null);
    const slug = slugOf(text);
    name.setHint(text && !fault ? `Address: /instance/${slug || '…'}/` : 'Also the name of its folder and the end of its address.');
    if (output) output.control.placeholder = text || 'the name';
    dialog.setReady(!fault && picker.chosen !== null);
    return !fault;
  }

  async #create() {
    const { app, picker, name, gpus, port, output, autostart, start, dialog } = this;
    if (!picker?.chosen || !name || !gpus || !port || !output || !autostart || !start) return;
    /** @type {Record<string, unknown>} */
    const fields = { name: name.control.value, base_blueprint: picker.chosen.filename, autostart: autostart.input.checked };
    if (gpus.value) fields.gpu_ids = gpus.value;
    if (output.control.value.trim()) fields.output_path = output.control.value.trim();
    if (port.control.value) fields.port = Number(port.control.value);
    let made;
    try {
      made = await api.create(fields);
    } catch (error) {
      showAt(error, { name, port, persistent_port: port, output_path: output, gpu_ids: gpus }, guess);
      return;
    }
    const model = app.instances.put(made, true);
    dialog.close();
    // The row is laid out in a moment.
    setTimeout(() => app.table.focusRow(model.id));
    const action = app.actions.instance.find(({ id }) => id === 'start');
    if (start.input.checked && action) await app.actions.run(action, model);
    else app.toasts.show('ok', `${made.name} is ready to be started.`);
  }
}

/** The field a refusal is about, by its words. @param {number} status @param {string} detail */
function guess(status, detail) {
  if (status === 503 || ((status === 409 || status === 422) && /\bports?\b/i.test(detail))) return 'port';
  if (status === 422 && /output/i.test(detail)) return 'output_path';
  return status === 409 || (status === 422 && /\bname\b/i.test(detail)) ? 'name' : null;
}

/** @param {string|null} address */
function safeLink(address) {
  if (!address || !/^https?:\/\//i.test(address)) return null;
  const link = el('a', { href: address, target: '_blank', rel: 'noopener noreferrer', text: 'home page' });
  const both = el('span', {}, ' · ', link);
  show(both, true);
  return both;
}
