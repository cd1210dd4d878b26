// The group one or several families stand in: one of those there are, a new one, or none.
import { el } from '../dom.js';
import { Dialog, field, textInput } from './dialog.js';

/** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel[]} models */
export function openGroupDialog(app, models) {
  const labels = [...new Set([...app.instances.models.values()].flatMap(({ data }) => data.group || []))].sort();
  const list = el('datalist', { id: 'group-labels' }, ...labels.map((value) => el('option', { value })));
  const input = textInput({ value: models[0]?.data.group ?? '', placeholder: 'No group', maxlength: '60', list: list.id });
  const named = field('Group', input, { wide: true, hint: 'A heading in the list, for everybody. Empty: none. Satellites stand with their parents.' });
  const dialog = new Dialog({
    title: models.length === 1 ? `Group of ${models[0].data.name}` : `Group of ${models.length} instances`,
    submit: 'Move',
    async onSubmit() {
      await app.order.group(models, input.value.trim() || null);
      dialog.close();
    },
  });
  dialog.body.append(named.element, list);
  dialog.open(input);
  input.select();
}
