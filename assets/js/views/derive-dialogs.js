// What is made from an instance: a copy, a satellite.
import { api, sentence } from '../api.js';
import { el, setText } from '../dom.js';
import { bytes } from '../format.js';
import { Dialog, field, showAt, textInput } from './dialog.js';
import { lightUp } from './fresh-row.js';
import { freest, GpuChips } from './gpu-chips.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */

/** A name nobody has: "a copy", "a copy 2" … @param {App} app @param {string} wanted */
function freeName(app, wanted) {
  const taken = new Set([...app.instances.models.values()].map((model) => model.data.name));
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted} ${n}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * Asks for the name of something new.
 * @param {App} app
 * @param {{ title: string, submit: string, name: string, words: Node|string, more?: { element: HTMLElement, places: Record<string, import('./dialog.js').Place> }, make: (name: string) => Promise<import('../types.js').Instance>, done: string }} options
 */
function askName(app, { title, submit, name, words, more, make, done }) {
  const input = textInput({ value: freeName(app, name), maxlength: '255' });
  const named = field('Name', input, { wide: true, hint: 'Also the name of its folder and the end of its address.' });
  const dialog = new Dialog({
    title,
    submit,
    async onSubmit() {
      named.setError(null);
      if (!input.value.trim()) {
        named.setError('It needs a name.');
        return named.focus();
      }
      try {
        const made = await make(input.value.trim());
        const model = app.instances.put(made, true);
        dialog.close();
        app.toasts.show('ok', `${made.name} ${done}`);
        // The row is laid out in a moment.
        setTimeout(() => lightUp(app, model));
      } catch (error) {
        showAt(error, { name: named, new_name: named, ...more?.places }, () => null);
      }
    },
  });
  dialog.body.append(el('p', {}, words), named.element, more?.element ?? '');
  dialog.open(input);
  input.select();
}

/** @param {App} app @param {InstanceModel} model */
export function openCopyDialog(app, model) {
  const { name } = model.data;
  const size = el('strong', {});
  const words = el('span', {}, 'Everything in its folder is copied: the app, its settings, its script', size, '. It may run meanwhile. Outputs and logs stay with it.');
  void sizesOf(model.id).then((sizes) => typeof sizes?.folder === 'number' && setText(size, `, ${bytes(sizes.folder)} in all`));
  askName(app, {
    title: `Copy ${name}`,
    submit: 'Copy',
    name: `${name} copy`,
    words,
    make: (wanted) => api.copy(model.id, wanted),
    done: 'is being copied. Its row shows how far it is.',
  });
}

/** @param {App} app @param {InstanceModel} model */
export async function openSatelliteDialog(app, model) {
  const { name } = model.data;
  const info = await app.catalogue.info().catch(() => null);
  // Most satellites are made for another card.
  const gpus = new GpuChips(info?.gpus ?? [], app.server.stats, freest(app.server.stats).join(',') || null, () => {});
  askName(app, {
    title: `New satellite of ${name}`,
    submit: 'Create',
    name: `${name} satellite`,
    words: `A satellite runs the same app from the folder of ${name}, with its own port, GPUs, outputs and log: nothing is installed again.`,
    more: info?.gpus.length ? { element: gpus.element, places: { gpu_ids: gpus } } : undefined,
    make: (wanted) => api.instantiate(model.id, wanted, gpus.value ? { gpu_ids: gpus.value } : {}),
    done: 'is ready to start.',
  });
}

/** How big an instance is, in words; nothing when that can't be said. @param {number} id @returns {Promise<import('../api.js').Sizes|null>} */
export async function sizesOf(id) {
  try {
    return await api.sizes(id);
  } catch (error) {
    console.warn(`sizes: ${sentence(error)}`);
    return null;
  }
}
