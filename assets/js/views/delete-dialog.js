// Deleting: says where the folder goes, and that outputs stay.
import { api, ApiError } from '../api.js';
import { el, setText, show, uid } from '../dom.js';
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
        const answer = await api.remove(model.id, mode, mode === 'trash' && replace.input.checked);
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

  const outputs = data.output_path || data.name;
  dialog.body.append(
    el('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'What happens to its folder' }, trash.element, permanent.element),
    replace.element,
    el('p', { class: 'assurance' }, 'Outputs are never touched: ', el('span', { class: 'mono', text: `outputs/${outputs}/` }), ' stays as it is.'),
  );
  dialog.open(trash.input);
}
