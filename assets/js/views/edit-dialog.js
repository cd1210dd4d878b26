// All settings of one instance, those that have no column too. What is changed here is a draft like any other: it is
// looked at and saved with the rest.
import { el, setText, show } from '../dom.js';
import { FIELDS } from '../table/fields.js';
import { ACCESS_HINT, accessSelect } from './access-select.js';
import { Dialog, field, textInput, tick } from './dialog.js';
import { GpuChips } from './gpu-chips.js';
import { ParamInputs } from './param-inputs.js';
import { portSelect } from './port-select.js';
import { offerVersions } from './version-offers.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/** What an editor needs to know of a control. @typedef {{ get: () => unknown, setError: (text: string|null) => void }} Part */

const MEMBERS = Object.keys(FIELDS).filter((name) => name !== 'base_blueprint');

/** @param {App} app @param {InstanceModel} model */
export async function openEditDialog(app, model) {
  const { catalogue } = app;
  const [machine, ports, blueprints] = await Promise.all([catalogue.info().catch(() => null), catalogue.freePorts().catch(() => []), catalogue.entries().catch(() => []), catalogue.desktop()]);
  const { base_blueprint, parent_instance_id } = model.data;
  // A satellite runs its parent's script, with its parent's answers.
  const asked = parent_instance_id === null ? blueprints.find(({ filename }) => filename === base_blueprint)?.params : [];
  new EditDialog(app, model, machine?.gpus ?? [], ports, asked ?? []);
}

class EditDialog {
  #life = new AbortController();
  #kept = false;

  /** @param {App} app @param {InstanceModel} model @param {import('../types.js').GpuInfo[]} gpus @param {number[]} ports @param {import('../types.js').Param[]} params what its blueprint asks for */
  constructor(app, model, gpus, ports, params) {
    this.app = app;
    this.model = model;
    const { data } = model;
    const giveBack = app.drafts.mark(model.id, MEMBERS);
    this.dialog = new Dialog({
      title: `Edit ${data.name}`,
      className: 'dialog-edit',
      submit: 'Save',
      onSubmit: () => this.#save(),
      onClose: () => {
        this.#life.abort();
        if (!this.#kept) giveBack();
      },
    });
    /** @type {Record<string, Part>} */
    this.parts = {};
    const name = this.#text('name', 'Its folder and address change with it.');
    const output = this.#text('output_path', 'Below outputs/. Files that are there already stay where they are.', data.name);
    const group = this.#text('group', 'A heading in the list, for everybody.');
    const versions = this.#versions();
    const port = field('Public port', portSelect(ports, this.#value('port')), { hint: 'Moves at once, without a restart.' });
    this.parts.port = { get: () => (port.control.value ? Number(port.control.value) : null), setError: port.setError };
    const host = field('Host name', textInput({ value: this.#value('hostname') ?? '', placeholder: 'studio.lan', inputmode: 'url' }), { hint: 'A name that leads to this machine. Empty: none.' });
    this.parts.hostname = { get: () => host.control.value.trim() || null, setError: host.setError };
    const chips = new GpuChips(gpus, app.server.stats, this.#value('gpu_ids'), () => this.#take());
    this.parts.gpu_ids = { get: () => chips.value, setError: (text) => chips.setError(text) };
    const policy = field('When it ends by itself', policySelect(this.#value('restart_policy')), { wide: true, hint: 'Each restart waits longer, and there is a last one. Your Stop always wins.' });
    this.parts.restart_policy = { get: () => policy.control.value, setError: policy.setError };
    const access = field('Who may open it', accessSelect(this.#value('access')), { hint: ACCESS_HINT });
    this.parts.access = { get: () => access.control.value, setError: access.setError };
    const autostart = this.#tick('autostart', 'Start together with AiKore');
    const persistent = this.#tick('persistent_mode', 'Run in a desktop on the server', 'Closing the browser loses nothing.');
    const missing = app.catalogue.knownDesktop?.missing;
    if (missing && !persistent.input.checked) persistent.refuse(missing);
    const useHost = this.#tick('use_custom_hostname', 'Use the host name');
    const helper = tick('Help the app live at its path', this.#value('helper') !== 'off', 'A script that comes first into its pages there. Switch it off if a page at the path misbehaves.');
    this.parts.helper = { get: () => (helper.input.checked ? 'auto' : 'off'), setError: () => {} };
    const parent = app.instances.get(data.parent_instance_id);
    const facts = el('p', { class: 'facts wide' }, 'Blueprint ', el('span', { class: 'mono', text: data.base_blueprint }), parent ? ` · satellite of ${parent.data.name}, which gives it what is greyed` : '');
    const form = el('div', { class: 'form two' }, facts, name, port.element, output, host.element, group, access.element, policy.element, versions, this.#params(params), chips.element, el('div', { class: 'ticks wide' }, autostart.element, persistent.element, useHost.element, helper.element));
    this.dialog.body.append(form);
    host.control.addEventListener('input', () => {
      useHost.input.checked = host.control.value.trim() !== '';
    });
    for (const type of ['input', 'change']) form.addEventListener(type, () => this.#take());
    const { signal } = this.#life;
    app.drafts.addEventListener('change', (event) => /** @type {CustomEvent<number>} */ (event).detail === model.id && this.#show(), { signal });
    model.addEventListener('gone', () => this.dialog.setError('This instance was deleted meanwhile.'), { signal });
    this.#show();
    const first = form.querySelector('input:not(:disabled)');
    this.dialog.open(/** @type {HTMLElement} */ (first));
    if (first instanceof HTMLInputElement) first.select();
  }

  /** @param {string} member @returns {any} */
  #value(member) {
    return this.app.drafts.value(this.model, member);
  }

  /** @param {string} member @param {string} hint @param {string} [placeholder] */
  #text(member, hint, placeholder) {
    const parent = this.app.instances.get(this.model.data.parent_instance_id);
    const locked = Boolean(parent && FIELDS[member].inherited);
    const part = field(FIELDS[member].label, textInput({ value: this.#value(member) ?? '', maxlength: '1024', placeholder, disabled: locked }), { hint: locked && parent ? `Given by ${parent.data.name}.` : hint });
    const get = () => (FIELDS[member].none ? part.control.value.trim() || null : part.control.value);
    if (!locked) this.parts[member] = { get, setError: part.setError };
    return part.element;
  }

  #versions() {
    const parts = ['python_version', 'cuda_version', 'torch_version'].map((member) => this.#text(member, member === 'python_version' ? 'Installed by a rebuild.' : '', 'automatic'));
    const [python_version, cuda_version, torch_version] = parts.map((part) => /** @type {HTMLInputElement} */ (part.querySelector('input')));
    const words = offerVersions(this.app, { python_version, cuda_version, torch_version });
    return el('div', { class: 'wide' }, el('div', { class: 'form three' }, ...parts), words);
  }

  /** @param {string} member @param {string} label @param {string} [hint] */
  #tick(member, label, hint) {
    const part = tick(label, Boolean(this.#value(member)), hint);
    this.parts[member] = { get: () => part.input.checked, setError: () => {} };
    return part;
  }

  /** The settings of its blueprint: one member, of what was changed. @param {import('../types.js').Param[]} params */
  #params(params) {
    const inputs = new ParamInputs(params, this.model.data.params);
    if (inputs.isEmpty) return null;
    const error = el('p', { class: 'field-error', role: 'alert', hidden: true });
    this.parts.params = {
      get: () => JSON.stringify(inputs.values),
      setError(text) {
        setText(error, text ?? '');
        show(error, Boolean(text));
      },
    };
    // Removing a secret is no input.
    inputs.element.addEventListener('click', () => this.#take());
    return el('fieldset', { class: 'fieldset wide' }, el('legend', { text: 'Settings of the blueprint' }), inputs.element, error);
  }

  /** What stands in the fields becomes the draft. */
  #take() {
    for (const [member, { get }] of Object.entries(this.parts)) this.app.drafts.set(this.model, member, get());
    this.#show();
  }

  #show() {
    const { drafts } = this.app;
    const members = drafts.of(this.model.id);
    for (const [member, { setError }] of Object.entries(this.parts)) setError(members.get(member)?.fault ?? null);
    this.dialog.setReady(members.size > 0 && ![...members.values()].some(({ fault }) => fault));
  }

  /** On to the review, as from the table. */
  #save() {
    this.#kept = true;
    this.dialog.close();
    this.app.dialogs.review([this.model]);
  }
}

/** What happens when it ends by itself. @param {string} present */
function policySelect(present) {
  const words = { never: 'It stays ended', 'on-failure': 'Start it again after a failure', always: 'Start it again in any case' };
  const select = el('select', { class: 'input' }, ...Object.entries(words).map(([value, text]) => el('option', { value, text })));
  select.value = present;
  return select;
}
