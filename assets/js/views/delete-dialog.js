// Deleting: what goes where and how big it is, and what stays. Outputs stay unless that is asked for.
import { api, ApiError } from '../api.js';
import { el, setText, show, uid } from '../dom.js';
import { sizesOf } from './derive-dialogs.js';
import { Dialog, tick } from './dialog.js';
import { FateTable } from './fate-table.js';
import { offerUndo } from './undo.js';

/** @typedef {import('../types.js').Instance} Instance */

/** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
export function openDeleteDialog(app, model) {
  const { data } = model;
  const parent = app.instances.get(data.parent_instance_id);
  const name = uid('mode');
  /** @param {'trash'|'permanent'} value @param {string} label @param {string} hint */
  const choice = (value, label, hint) => {
    const input = el('input', { type: 'radio', name, value, class: 'tick-box' });
    input.checked = value === 'trash';
    input.addEventListener('change', () => render());
    return { input, element: el('label', { class: 'choice' }, input, el('span', {}, el('strong', { text: label }), el('span', { class: 'hint', text: hint }))) };
  };
  const trash = choice('trash', 'Move to the trash', 'It can be put back from there until the trash is emptied. The disk gets nothing back yet.');
  const permanent = choice('permanent', 'Delete for good', 'The disk gets its space back at once. It cannot be put back.');
  const replace = tick('Replace the one in the trash', false, 'What is there under this name now is removed for good.');
  const outputs = tick('Its outputs too', false, sharedWith(app, data));
  const fate = new FateTable(data, parent?.data.name ?? null);
  show(replace.element, false);

  const dialog = new Dialog({
    title: `Delete ${data.name}?`,
    className: 'dialog-delete',
    submit: 'Move to the trash',
    danger: true,
    async onSubmit() {
      const mode = permanent.input.checked ? 'permanent' : 'trash';
      try {
        await api.remove(model.id, { mode, overwrite: mode === 'trash' && replace.input.checked, outputs: outputs.input.checked });
        app.instances.drop(model.id);
        dialog.close();
        app.table.focusCurrent();
        if (mode === 'trash') offerUndo(app, data.name);
        else app.toasts.show('ok', `${data.name} is deleted.`);
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
    fate.render({ forGood, outputs: outputs.input.checked });
    dialog.setError(null);
  }
  replace.input.addEventListener('change', render);
  outputs.input.addEventListener('change', render);
  void sizesOf(model.id).then((sizes) => fate.setSizes(sizes));

  dialog.body.append(
    el('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'What happens to it' }, trash.element, permanent.element),
    replace.element,
    outputs.element,
    fate.element,
  );
  render();
  dialog.open(trash.input);
}

/** Who else writes into its output folder, in a sentence. @param {import('../app.js').App} app @param {Instance} data */
function sharedWith(app, data) {
  const folder = data.output_path || data.name;
  const others = [...app.instances.models.values()].filter((other) => other.id !== data.id && (other.data.output_path || other.data.name) === folder);
  const names = others.map((other) => other.data.name).join(', ');
  return names ? `The folder is that of ${names} as well.` : 'What it has made. It stays unless this is ticked.';
}
