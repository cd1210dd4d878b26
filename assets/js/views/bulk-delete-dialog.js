// Several instances to the trash at once: named, counted, and with what can't go.
import { api } from '../api.js';
import { el, setText } from '../dom.js';
import { runMany } from '../table/bulk.js';
import { Dialog } from './dialog.js';

/** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel[]} models */
export function openBulkDeleteDialog(app, models) {
  const action = app.actions.instance.find(({ id }) => id === 'delete');
  if (!action) return;
  const chosen = new Set(models.map(({ id }) => id));
  // Satellites go first; a parent can go when all of its own do.
  const order = [...models].sort((a, b) => Number(b.data.parent_instance_id !== null) - Number(a.data.parent_instance_id !== null));
  /** @param {import('../store.js').InstanceModel} model */
  const why = ({ id, data }) => {
    if (data.status !== 'stopped' && data.status !== 'error') return 'Stop it first.';
    return app.instances.satellites(id).every((one) => chosen.has(one.id)) ? null : 'It has satellites that stay.';
  };
  const able = order.filter((model) => !why(model));
  const dialog = new Dialog({
    title: `Delete ${able.length === 1 ? able[0].data.name : `${able.length} instances`}?`,
    className: 'dialog-delete',
    submit: 'Move to the trash',
    danger: true,
    async onSubmit() {
      const label = dialog.submit.querySelector('.button-label');
      await runMany(app, action, able, (done) => label && setText(label, `${done} of ${able.length}…`), async ({ id }) => {
        await api.remove(id, { mode: 'trash', overwrite: false, outputs: false });
        app.instances.drop(id);
      });
      dialog.close();
      app.selection.clear();
      app.table.focusCurrent();
    },
  });
  const lines = order.map((model) => el('li', { class: why(model) ? 'muted' : null }, el('strong', { text: model.data.name }), why(model) ? ` stays: ${why(model)}` : null));
  dialog.body.append(el('ul', { class: 'bulk-list' }, ...lines), el('p', { class: 'assurance', text: 'Their folders go to the trash and can be put back. Their outputs stay where they are.' }));
  dialog.setReady(able.length > 0);
  dialog.open(dialog.cancel);
}
