// What is made from an instance: a copy, a satellite, its environment anew.
import { api, sentence } from '../api.js';
import { el } from '../dom.js';
import { Dialog, field, showAt, textInput } from './dialog.js';

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
 * @param {{ title: string, submit: string, name: string, words: string, make: (name: string) => Promise<import('../types.js').Instance>, done: string }} options
 */
function askName(app, { title, submit, name, words, make, done }) {
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
        app.instances.put(made, true);
        dialog.close();
        app.toasts.show('ok', `${made.name} ${done}`);
      } catch (error) {
        showAt(error, { name: named, new_name: named }, () => null);
      }
    },
  });
  dialog.body.append(el('p', { text: words }), named.element);
  dialog.open(input);
  input.select();
}

/** @param {App} app @param {InstanceModel} model */
export function openCopyDialog(app, model) {
  const { name } = model.data;
  askName(app, {
    title: `Copy ${name}`,
    submit: 'Copy',
    name: `${name} copy`,
    words: 'Everything in its folder is copied: the app, its settings, its script. It may run meanwhile. Outputs and logs stay with it.',
    make: (wanted) => api.copy(model.id, wanted),
    done: 'is being copied. Its row shows how far it is.',
  });
}

/** @param {App} app @param {InstanceModel} model */
export function openSatelliteDialog(app, model) {
  const { name } = model.data;
  askName(app, {
    title: `New satellite of ${name}`,
    submit: 'Create',
    name: `${name} satellite`,
    words: `A satellite runs the same app from the folder of ${name}, with its own port, GPUs, outputs and log: nothing is installed again.`,
    make: (wanted) => api.instantiate(model.id, wanted),
    done: 'is ready to start.',
  });
}

/** @param {App} app @param {InstanceModel} model */
export function openRebuildDialog(app, model) {
  const { data } = model;
  const runs = data.status !== 'stopped' && data.status !== 'error';
  const parent = data.parent_instance_id === null ? null : app.instances.get(data.parent_instance_id);
  const whose = parent ? `the environment of its parent, ${parent.data.name}, which it runs on,` : 'its environment';
  const dialog = new Dialog({
    title: `Rebuild ${data.name}?`,
    submit: 'Rebuild',
    danger: true,
    async onSubmit() {
      const rebuilt = await api.rebuild(model.id);
      app.instances.put(rebuilt, true);
      dialog.close();
      app.toasts.show('ok', `${data.name}: ${rebuilt.note ?? 'the environment is made anew at the next start.'}`);
    },
  });
  dialog.body.append(
    el('p', { text: `At the next start ${whose} is made anew, which takes as long as the first installation. The old one is kept until the new one works.` }),
    runs ? el('p', { text: 'It runs now: it is stopped and started again.' }) : '',
  );
  dialog.open(dialog.submit);
}

/** How big an instance is, in words; nothing when that can't be said. @param {number} id @returns {Promise<{ folder: number|null, outputs: number|null }|null>} */
export async function sizesOf(id) {
  try {
    return await api.sizes(id);
  } catch (error) {
    console.warn(`sizes: ${sentence(error)}`);
    return null;
  }
}
