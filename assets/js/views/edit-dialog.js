// The settings of an instance. Only what differs is sent; a restart is announced before it happens.
import { api } from '../api.js';
import { el, setText, show } from '../dom.js';
import { nameFault, publicPort } from '../format.js';
import { icon } from '../icons.js';
import { Dialog, field, showAt, textInput, tick } from './dialog.js';
import { GpuChips } from './gpu-chips.js';
import { portSelect } from './port-select.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/** A change of these restarts a running instance; the words are for people. @type {Record<string, string>} */
const COLD = {
  name: 'name',
  base_blueprint: 'blueprint',
  output_path: 'output folder',
  gpu_ids: 'GPUs',
  python_version: 'Python version',
  cuda_version: 'CUDA version',
  torch_version: 'PyTorch version',
};

/** @param {App} app @param {InstanceModel} model */
export async function openEditDialog(app, model) {
  const [info, ports] = await Promise.all([app.catalogue.info().catch(() => null), app.catalogue.freePorts().catch(() => [])]);
  new EditDialog(app, model, info?.gpus ?? [], ports);
}

class EditDialog {
  #life = new AbortController();

  /** @param {App} app @param {InstanceModel} model @param {import('../types.js').GpuInfo[]} gpus @param {number[]} ports */
  constructor(app, model, gpus, ports) {
    this.app = app;
    this.model = model;
    /** What the fields showed at first: the comparison for "changed". */
    this.first = { ...model.data };
    const { first } = this;
    const parent = app.instances.get(first.parent_instance_id);
    this.dialog = new Dialog({ title: `Edit ${first.name}`, className: 'dialog-edit', submit: 'Save', onSubmit: () => this.#save(), onClose: () => this.#life.abort() });
    this.name = field('Name', textInput({ value: first.name, maxlength: '255' }), { hint: 'Its folder and address change with it.' });
    this.output = field('Output folder', textInput({ value: first.output_path ?? '', placeholder: first.name }), { hint: 'Below outputs/. Files that are there already stay where they are.' });
    const given = parent?.data.output_path;
    if (parent && given) {
      this.output.control.disabled = true;
      this.output.control.value = given;
      this.output.setHint(`Given by ${parent.data.name}.`);
    }
    this.port = field('Public port', portSelect(ports, publicPort(first)), { hint: 'Moves at once, without a restart.' });
    this.hostname = field('Host name', textInput({ value: first.hostname ?? '', placeholder: 'studio.lan', inputmode: 'url' }), { hint: 'A name that leads to this machine. Empty: none.' });
    this.gpus = new GpuChips(gpus, app.server.stats, first.gpu_ids, () => this.#check());
    this.autostart = tick('Start together with AiKore', first.autostart);
    this.useHost = tick('Use the host name', first.use_custom_hostname);
    this.helper = tick('Help the app live at its path', first.helper !== 'off', 'A script that comes first into its pages there. Switch it off if a page at the path misbehaves.');
    this.restarts = field('When it ends by itself', policySelect(first.restart_policy), { hint: 'Each restart waits longer, and there is a last one. Your Stop always wins.' });
    const facts = el('p', { class: 'facts wide' }, 'Blueprint ', el('span', { class: 'mono', text: first.base_blueprint }), parent ? ` · satellite of ${parent.data.name}, which gives it blueprint and environment` : '');
    const form = el('div', { class: 'form two' }, facts, this.name.element, this.port.element, this.output.element, this.hostname.element, this.restarts.element, this.gpus.element, el('div', { class: 'ticks wide' }, this.autostart.element, this.useHost.element, this.helper.element));
    this.dialog.body.append(form);
    this.noticeText = el('p', {});
    this.dialog.notice.append(icon('restart'), this.noticeText);
    form.addEventListener('input', () => this.#check());
    this.hostname.control.addEventListener('input', () => {
      this.useHost.input.checked = this.hostname.control.value.trim() !== '';
      this.#check();
    });
    model.addEventListener('change', () => this.#check(), { signal: this.#life.signal });
    model.addEventListener('gone', () => this.dialog.setError('This instance was deleted meanwhile.'), { signal: this.#life.signal });
    this.#check();
    this.dialog.open(this.name.control);
    this.name.control.select();
  }

  /** Only what differs from what was shown. @returns {Record<string, unknown>} */
  #changes() {
    const { first } = this;
    /** @type {Record<string, unknown>} */
    const now = {
      name: this.name.control.value,
      output_path: this.output.control.disabled ? first.output_path || null : this.output.control.value.trim() || null,
      gpu_ids: this.gpus.value,
      autostart: this.autostart.input.checked,
      helper: this.helper.input.checked ? 'auto' : 'off',
      restart_policy: this.restarts.control.value,
      port: this.port.control.value ? Number(this.port.control.value) : null,
      hostname: this.hostname.control.value.trim() || null,
      use_custom_hostname: this.useHost.input.checked && this.hostname.control.value.trim() !== '',
    };
    /** @type {Record<string, unknown>} */
    const before = {
      name: first.name,
      output_path: first.output_path || null,
      gpu_ids: first.gpu_ids || null,
      autostart: first.autostart,
      helper: first.helper,
      restart_policy: first.restart_policy,
      port: publicPort(first),
      hostname: first.hostname || null,
      use_custom_hostname: first.use_custom_hostname,
    };
    return Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== before[key]));
  }

  #check() {
    const changes = this.#changes();
    const fault = 'name' in changes ? nameFault(String(changes.name)) : null;
    this.name.setError(fault);
    const { status, name } = this.model.data;
    const running = status !== 'stopped' && status !== 'error';
    const cold = Object.keys(changes).flatMap((key) => COLD[key] ?? []);
    const restarts = running && cold.length > 0;
    if (restarts) setText(this.noticeText, `${name} is running and will be restarted. This takes effect only at a start: ${list(cold)}.`);
    show(this.dialog.notice, restarts);
    const label = this.dialog.submit.querySelector('.button-label');
    if (label) setText(label, restarts ? 'Save and restart' : 'Save');
    this.dialog.setReady(!fault && Object.keys(changes).length > 0);
    this.output.setError(null);
    this.port.setError(null);
    this.hostname.setError(null);
    this.gpus.setError(null);
  }

  async #save() {
    const { app, model, dialog } = this;
    let saved;
    try {
      saved = await api.update(model.id, this.#changes());
    } catch (error) {
      const { name, port, output, hostname, gpus } = this;
      showAt(error, { name, port, persistent_port: port, output_path: output, hostname, use_custom_hostname: hostname, gpu_ids: gpus }, guess);
      return;
    }
    const wasRunning = model.data.status !== 'stopped' && model.data.status !== 'error';
    app.instances.put(saved, true);
    dialog.close();
    app.toasts.show('ok', saved.applied === 'cold' && wasRunning ? `${saved.name} is saved and restarts.` : `${saved.name} is saved.`);
  }
}

/** What happens when it ends by itself. @param {string} present */
function policySelect(present) {
  const words = { never: 'It stays ended', 'on-failure': 'Start it again after a failure', always: 'Start it again in any case' };
  const select = el('select', { class: 'input' }, ...Object.entries(words).map(([value, text]) => el('option', { value, text })));
  select.value = present;
  return select;
}

/** The field a refusal is about, by its words. @param {number} status @param {string} detail */
function guess(status, detail) {
  if (![409, 422, 503].includes(status)) return null;
  if (/\bhost ?name\b/i.test(detail)) return 'hostname';
  if (/\bports?\b/i.test(detail)) return 'port';
  if (/output/i.test(detail)) return 'output_path';
  return /\bname\b/i.test(detail) ? 'name' : null;
}

/** "a", "a and b", "a, b and c". @param {string[]} words */
const list = (words) => (words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words[0]);
