// The form of a new instance: everything has a sensible value, so a glance and Enter are enough.
import { api } from '../api.js';
import { openable, wantsDesktop } from '../catalogue.js';
import { el, show } from '../dom.js';
import { blueprintTitle, nameFault, slugOf } from '../format.js';
import { homeLink, picture } from './catalogue.js';
import { cautions, aboutFacts } from './create-about.js';
import { field, showAt, textInput, tick } from './dialog.js';
import { freest, GpuChips } from './gpu-chips.js';
import { ParamInputs } from './param-inputs.js';
import { portSelect } from './port-select.js';
import { VersionInputs } from './version-inputs.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../catalogue.js').Entry} Entry */
/** @typedef {import('../types.js').Instance} Instance */

/** Emits `change` when it may be ready now, or no longer. */
export class CreateForm extends EventTarget {
  /** The name is still ours, not the user's. */
  #suggested = true;

  /** @param {App} app @param {Entry} entry @param {import('../types.js').GpuInfo[]} gpus @param {number[]} ports */
  constructor(app, entry, gpus, ports) {
    super();
    this.app = app;
    this.entry = entry;
    this.name = field('Name', textInput({ placeholder: 'my-studio', maxlength: '255' }), { wide: true });
    this.origin = this.#origins();
    this.gpus = new GpuChips(gpus, app.server.stats, entry.gpu === 'none' ? null : freest(app.server.stats).join(',') || null, () => {});
    this.params = new ParamInputs(entry.params ?? []);
    this.port = field('Public port', portSelect(ports, null), { hint: 'Besides the address by path.' });
    this.output = field('Output folder', textInput({ class: 'input mono' }), { hint: 'Below outputs/. Empty: the name.' });
    this.versions = new VersionInputs(app);
    this.autostart = tick('Start together with AiKore', false);
    this.persistent = this.#desktop();
    this.start = tick('Start now', true);
    this.element = el('div', { class: 'create' }, this.#about(gpus), this.#fields());
    this.name.control.addEventListener('input', () => {
      this.#suggested = this.name.control.value === '';
      this.#checkName();
    });
    this.start.input.addEventListener('change', () => this.#emit());
    this.output.control.addEventListener('input', () => this.output.setError(null));
    this.port.control.addEventListener('change', () => this.port.setError(null));
    this.origin.control.addEventListener('change', () => this.#fit());
  }

  /** @param {import('../types.js').GpuInfo[]} gpus */
  #about(gpus) {
    const { entry } = this;
    const home = openable(entry.homepage);
    return el(
      'aside',
      { class: 'about', 'aria-label': 'The blueprint' },
      el('div', { class: 'about-head' }, picture(entry), el('div', {}, el('h3', { text: blueprintTitle(entry) }), el('p', { class: 'mono muted', text: entry.filename }))),
      entry.group === 'custom' ? el('p', {}, el('span', { class: 'badge', text: 'Your own' })) : null,
      el('p', { class: 'about-text', text: entry.description ?? 'It has no description.' }),
      aboutFacts(entry),
      home ? el('p', {}, homeLink(home, blueprintTitle(entry))) : null,
      ...cautions(entry, gpus).map((text) => el('p', { class: 'caution', text })),
    );
  }

  #fields() {
    const settings = this.params.isEmpty ? null : el('fieldset', { class: 'fieldset wide' }, el('legend', { text: `Settings of ${blueprintTitle(this.entry)}` }), this.params.element);
    return el(
      'div',
      { class: 'form two' },
      this.name.element,
      this.origin.element,
      settings,
      this.gpus.element,
      this.port.element,
      this.output.element,
      this.versions.element,
      el('div', { class: 'ticks wide' }, this.autostart.element, this.start.element, this.persistent.element),
    );
  }

  /** Its screen on the server, where the server can have one. */
  #desktop() {
    const missing = this.app.catalogue.knownDesktop?.missing;
    const made = tick('Run in a desktop on the server', wantsDesktop(this.entry) && !missing, 'Closing the browser loses nothing.');
    if (missing) made.refuse(missing);
    return made;
  }

  /** What it begins with: nothing, or what an instance of the same blueprint has. */
  #origins() {
    const own = [...this.app.instances.models.values()].map(({ data }) => data);
    const kin = own.filter((data) => data.base_blueprint === this.entry.filename && data.parent_instance_id === null && data.status !== 'installing');
    const options = kin.flatMap(({ id, name }) => [
      el('option', { value: `satellite ${id}`, text: `The installation of ${name} (as its satellite)` }),
      el('option', { value: `copy ${id}`, text: `A copy of ${name}’s files, with an environment of its own` }),
    ]);
    const made = field('Begin with', el('select', { class: 'input' }, el('option', { value: '', text: 'A fresh installation' }), ...options), { wide: true });
    show(made.element, kin.length > 0);
    return made;
  }

  /** A satellite has its blueprint, output folder, versions and settings of its parent. */
  #fit() {
    const [kind] = this.#source;
    const locked = kind === 'satellite';
    this.origin.setError(null);
    this.origin.setHint({ '': '', satellite: 'Nothing is installed again: it has its own port, GPUs and log. Versions and settings are its parent’s.', copy: 'The files are copied, which takes a while; its row shows how far it is.' }[kind]);
    for (const control of this.element.querySelectorAll('.params :is(input, select, button), .versions input')) /** @type {HTMLInputElement} */ (control).disabled = locked;
    this.output.control.disabled = locked;
    // What is copied first cannot be started yet.
    this.start.input.disabled = kind === 'copy';
    this.#emit();
  }

  /** @returns {[''|'satellite'|'copy', number]} */
  get #source() {
    const [kind = '', id = ''] = this.origin.control.value.split(' ');
    return [/** @type {''|'satellite'|'copy'} */ (kind), Number(id)];
  }

  /** Shown now: proposes a name that is free at this moment, and lets it be typed over. */
  begin() {
    if (this.#suggested) this.name.control.value = this.#suggestion();
    this.#checkName();
    this.name.control.focus();
    this.name.control.select();
  }

  get starts() {
    return this.start.input.checked && !this.start.input.disabled;
  }

  get isReady() {
    return !this.#nameFault();
  }

  #suggestion() {
    const stem = this.entry.filename.replace(/\.sh$/, '');
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

  #nameFault() {
    const text = this.name.control.value;
    const taken = this.#taken(text);
    if (!taken) return nameFault(text);
    return taken.name === text ? 'This name is taken.' : `Its address would be the same as that of “${taken.name}”.`;
  }

  #checkName() {
    const text = this.name.control.value;
    const fault = this.#nameFault();
    // An empty field is not yet a fault.
    this.name.setError(fault && text !== '' ? fault : null);
    this.name.setHint(text && !fault ? `Address: /instance/${slugOf(text) || '…'}/` : 'Also the name of its folder and the end of its address.');
    this.output.control.placeholder = text || 'the name';
    this.#emit();
  }

  /** Asks the server; a refusal is shown at its field. @returns {Promise<Instance|null>} */
  async send() {
    const { name, output, port, gpus, autostart, persistent, params, versions } = this;
    const places = { name, new_name: name, port, persistent_port: port, output_path: output, gpu_ids: gpus, source_instance_id: this.origin, ...versions.places, ...params.places };
    for (const place of Object.values(places)) place.setError(null);
    const [kind, id] = this.#source;
    if (kind !== 'satellite' && !params.check()) return null;
    /** @type {Record<string, unknown>} */
    const fields = { autostart: autostart.input.checked, persistent_mode: persistent.input.checked };
    if (gpus.value) fields.gpu_ids = gpus.value;
    if (port.control.value) fields.port = Number(port.control.value);
    try {
      if (kind === 'satellite') return await api.instantiate(id, name.control.value, fields);
      if (kind === 'copy') fields.source_instance_id = id;
      if (output.control.value.trim()) fields.output_path = output.control.value.trim();
      Object.assign(fields, versions.values, params.isEmpty ? {} : { params: params.values });
      return await api.create({ ...fields, name: name.control.value, base_blueprint: this.entry.filename });
    } catch (error) {
      showAt(error, places, guess);
      return null;
    }
  }

  #emit() {
    this.dispatchEvent(new Event('change'));
  }
}

/** The field a refusal is about, by its words. @param {number} status @param {string} detail */
function guess(status, detail) {
  if (status === 503 || ((status === 409 || status === 422) && /\bports?\b/i.test(detail))) return 'port';
  if (status === 422 && /output/i.test(detail)) return 'output_path';
  return status === 409 || (status === 422 && /\bname\b/i.test(detail)) ? 'name' : null;
}
