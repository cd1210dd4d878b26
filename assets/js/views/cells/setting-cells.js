// The cells of settings that are chosen: blueprint, environment, GPUs, ticks.
import { bytes } from '../../format.js';
import { el, setAttr, setText, show } from '../../dom.js';
import { FIELDS, inWords } from '../../table/fields.js';
import { BlueprintPicker } from '../blueprint-picker.js';
import { field, textInput } from '../dialog.js';
import { GpuChips } from '../gpu-chips.js';
import { offerVersions } from '../version-offers.js';
import { Cell, lockMark } from './cell.js';
import { PopCell } from './pop-cell.js';

/** @typedef {import('./cell.js').App} App */
/** @typedef {import('./cell.js').InstanceModel} InstanceModel */

export class BlueprintCell extends PopCell {
  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'blueprint');
    this.text = el('span', { class: 'mono ellipsis' });
    this.category = el('span', { class: 'blueprint-category' });
    this.lock = lockMark();
    this.element.append(el('span', { class: 'cell' }, this.text, this.category, this.lock.element));
  }

  render() {
    super.render();
    // Its title, as soon as the catalogue is read; a script without a header has none.
    const file = this.value('base_blueprint');
    const entry = this.app.catalogue.known.get(file);
    setText(this.text, entry?.name ?? file);
    this.text.classList.toggle('mono', !entry?.name);
    setAttr(this.text, 'title', entry?.name ? file : null);
    setText(this.category, entry?.category ?? '');
    show(this.lock.element, Boolean(this.giver));
    if (this.giver) setText(this.lock.name, this.giver.data.name);
  }

  /** @param {() => void} close */
  async controls(close) {
    const { app, model } = this;
    const entries = await app.catalogue.entries().catch(() => null);
    if (!entries) return { content: [el('p', { class: 'nothing', text: 'The blueprints could not be loaded. Close this and try again.' })], first: null };
    const picker = new BlueprintPicker(entries);
    picker.choose(entries.find(({ filename }) => filename === this.value('base_blueprint')) ?? null);
    picker.addEventListener('pick', () => picker.chosen && app.drafts.set(model, 'base_blueprint', picker.chosen.filename));
    picker.addEventListener('take', close);
    const words = el('p', { class: 'hint pop-hint', text: 'Its start script is replaced; the former one stays beside it as launch.sh.old.' });
    return { content: [picker.element, words], first: picker.search };
  }
}

/** @type {Record<string, string>} */
const SHORT = { python_version: 'py', cuda_version: 'cuda', torch_version: 'torch' };

export class EnvironmentCell extends PopCell {
  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'environment');
    this.text = el('span', { class: 'ellipsis' });
    this.lock = lockMark();
    this.element.append(el('span', { class: 'cell' }, this.text, this.lock.element));
  }

  render() {
    super.render();
    const said = this.fields.flatMap((one) => (this.value(one) ? `${SHORT[one]} ${this.value(one)}` : []));
    setText(this.text, said.join(' · ') || 'automatic');
    this.text.classList.toggle('muted', !said.length);
    show(this.lock.element, Boolean(this.giver));
    if (this.giver) setText(this.lock.name, this.giver.data.name);
  }

  async controls() {
    const { app, model } = this;
    const parts = this.fields.map((one) => {
      const input = textInput({ value: this.value(one) ?? '', placeholder: 'automatic', maxlength: '32' });
      const part = field(FIELDS[one].label, input);
      input.addEventListener('input', () => {
        app.drafts.set(model, one, input.value.trim() || null);
        part.setError(app.drafts.get(model.id, one)?.fault ?? null);
      });
      return part;
    });
    const [python_version, cuda_version, torch_version] = parts.map(({ control }) => control);
    const offer = offerVersions(app, { python_version, cuda_version, torch_version });
    const words = el('p', { class: 'hint', text: 'Automatic: what the blueprint asks for. A new version is installed by a rebuild.' });
    return { content: [el('div', { class: 'form three' }, ...parts.map(({ element }) => element)), offer, words], first: parts[0].control };
  }
}

export class GpuCell extends PopCell {
  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'gpus');
    this.box = el('span', { class: 'cell gpu-list' });
    this.element.append(this.box);
    this.drawn = '';
  }

  render() {
    super.render();
    const value = /** @type {string|null} */ (this.value('gpu_ids'));
    const ids = value ? value.split(',').map((id) => id.trim()) : [];
    if (value !== this.drawn) {
      this.drawn = value ?? '';
      this.box.replaceChildren(
        ...(ids.length ? ids.map((id) => el('span', { class: 'gpu', data: { gpu: id } }, el('span', { class: 'mono', text: id }), el('span', { class: 'gpu-free' }))) : [el('span', { class: 'muted', text: inWords('gpu_ids', null) })]),
      );
    }
    this.renderStats();
  }

  /** What is free on its cards now. */
  renderStats() {
    for (const chip of /** @type {Iterable<HTMLElement>} */ (this.box.querySelectorAll('.gpu'))) {
      const card = this.app.server.stats?.gpus.find(({ id }) => String(id) === chip.dataset.gpu);
      const free = card ? `${bytes(card.vram.total - card.vram.used)} free` : '';
      const text = chip.querySelector('.gpu-free');
      if (text) setText(text, free.replace(' free', ''));
      const title = card ? `GPU ${card.id}: ${card.name}, ${free} of ${bytes(card.vram.total)}` : `GPU ${chip.dataset.gpu} is not in this machine.`;
      setAttr(chip, 'title', title);
      chip.classList.toggle('missing', !card);
    }
  }

  async controls() {
    const { app, model } = this;
    const info = await app.catalogue.info().catch(() => null);
    const chips = new GpuChips(info?.gpus ?? [], app.server.stats, this.value('gpu_ids'), () => app.drafts.set(model, 'gpu_ids', chips.value));
    return { content: [chips.element], first: chips.first };
  }
}

export class TickCell extends Cell {
  /** @param {App} app @param {InstanceModel} model @param {string} id */
  constructor(app, model, id) {
    super(app, model, id);
    const [one] = this.fields;
    this.input = el('input', { type: 'checkbox', class: 'tick-box' });
    this.input.addEventListener('change', () => app.drafts.set(model, one, this.input.checked));
    this.element.append(el('span', { class: 'cell' }, this.input));
  }

  render() {
    super.render();
    const on = Boolean(this.value(this.fields[0]));
    if (this.input.checked !== on) this.input.checked = on;
    setAttr(this.input, 'aria-label', this.label);
  }

  get isToggle() {
    return true;
  }

  edit() {
    this.input.click();
  }
}

/** In a desktop on the server or not: only where the server has what that takes. */
export class PersistentCell extends TickCell {
  /** @param {App} app @param {InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'persistent');
    // Asked about when somebody is about to use it: the list is of use without it.
    for (const type of ['pointerenter', 'focusin']) this.element.addEventListener(type, () => void app.catalogue.desktop());
  }

  /** What has to be installed first. It can be switched off in any case. */
  get missing() {
    return this.value('persistent_mode') ? null : (this.app.catalogue.knownDesktop?.missing ?? null);
  }

  render() {
    super.render();
    const { missing } = this;
    this.input.disabled = missing !== null;
    setAttr(this.element, 'title', missing);
  }

  edit() {
    const { missing } = this;
    if (missing) this.app.toasts.show('info', missing);
    else super.edit();
  }
}
