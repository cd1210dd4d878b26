// Deleting: says where the folder goes and how big it is, and that outputs stay unless that is asked for.
import { api, ApiError } from '../api.js';
import { el, setText, show, uid } from '../dom.js';
import { bytes } from '../format.js';
import { sizesOf } from './derive-dialogs.js';
import { Dialog, tick } from './dialog.js';

/** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
export function openDeleteDialog(app, model) {
  const { data } = model;
  const satellite = data.parent_instance_id !== null;
  const name = uid('mode');
  /** @param {'trash'|'permanent'} value @param {string} label @param {string} hint */
  const choice = (value, label, hint) => {
    const input = el('input', { type: 'radio', name, value, class: 'tick-box' });
    input.checked = value === 'trash';
    input.addEventListener('change', () => render());
    return { input, element: el('label', { class: 'choice' }, input, el('span', {}, el('strong', { text: label }), el('span', { class: 'hint', text: hint }))) };
  };
  const folder = `instances/${data.name}/`;
  const trash = choice('trash', 'Move to the trash', satellite ? `Its log goes to trashcan/${data.name}/. The app itself belongs to its parent and stays.` : `${folder} goes to trashcan/${data.name}/ and can be put back.`);
  const permanent = choice('permanent', 'Delete for good', satellite ? 'Its log is removed. The app itself belongs to its parent and stays.' : `${folder} is removed with everything in it, the installed app included. It cannot be put back.`);
  const replace = tick('Replace the one in the trash', false, 'What is there under this name now is removed for good.');
  show(replace.element, false);

  const dialog = new Dialog({
    title: `Delete ${data.name}?`,
    className: 'dialog-delete',
    submit: 'Move to the trash',
    danger: true,
    async onSubmit() {
      const mode = permanent.input.checked ? 'permanent' : 'trash';
      try {
        const answer = await api.remove(model.id, { mode, overwrite: mode === 'trash' && replace.input.checked, outputs: outputs.input.checked });
        app.instances.drop(model.id);
        dialog.close();
        app.table.focusCurrent();
        app.toasts.show('ok', answer.detail || (mode === 'trash' ? `${data.name} is in the trash.` : `${data.name} is deleted.`));
      } catch (error) {
        if (conflict(error, mode)) {
          show(replace.element, true);
          replace.input.focus();
        }
        throw error;
      }
    },
  });

  /** A refusal because of a former entry of the trash. @param {unknown} error @param {string} mode */
  function conflict(error, mode) {
    if (!(error instanceof ApiError) || error.status !== 409 || mode !== 'trash') return false;
    if (error.field) return error.field === 'overwrite';
    // Nothing else can explain it then.
    const quiet = model.data.status === 'stopped' || model.data.status === 'error';
    return quiet && app.instances.satellites(model.id).length === 0;
  }

  function render() {
    const label = dialog.submit.querySelector('.button-label');
    const forGood = permanent.input.checked;
    if (label) setText(label, forGood ? 'Delete for good' : replace.input.checked ? 'Replace in the trash' : 'Move to the trash');
    if (forGood) show(replace.element, false);
    dialog.setError(null);
  }
  replace.input.addEventListener('change', render);

  const where = `outputs/${data.output_path || data.name}/`;
  const outputs = tick('Its outputs too', false, `${where} goes the same way. Otherwise it stays as it is.`);
  const size = el('p', { class: 'assurance', role: 'status', text: 'How big they are is being found out…' });
  void sizesOf(model.id).then((sizes) => {
    /** @param {number|null|undefined} known */
    const words = (known) => (typeof known === 'number' ? bytes(known) : 'of unknown size');
    setText(size, `Its folder is ${words(sizes?.folder)}, its outputs are ${words(sizes?.outputs)}.`);
  });
  dialog.body.append(
    el('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'What happens to its folder' }, trash.element, permanent.element),
    replace.element,
    outputs.element,
    size,
  );
  dialog.open(trash.input);
}
