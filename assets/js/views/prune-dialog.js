// Former environments are removed from the disk: which, what that frees, and what of them stays.
import { environments } from '../api-environment.js';
import { sentence } from '../api.js';
import { el, setText } from '../dom.js';
import { capital, nameOf, several } from '../environment/words.js';
import { bytes } from '../format.js';
import { Dialog, tick } from './dialog.js';

/** @typedef {import('../api-environment.js').Snapshot} Snapshot */

const WAYS = /** @type {const} */ ([
  ['list', 'Remove the environments, keep their lists', 'The packages with their versions and the commits stay known: going back to one makes its environment anew by exactly that.'],
  ['whole', 'Remove them whole', 'Nothing of them stays: there is no way back to them.'],
]);

/**
 * @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model
 * @param {Snapshot[]} snapshots all there are @param {string|null} only the one that was meant; null: all
 * @param {() => void} done
 */
export function openPruneDialog(app, model, snapshots, only, done) {
  /** What each would free, as the server says it: by the way, then by the snapshot. @type {Record<string, Map<string, number>>} */
  const known = {};
  const first = only && !snapshots.find(({ id }) => id === only)?.has_environment ? 'whole' : 'list';
  const group = `prune-${model.id}`;
  const ways = WAYS.map(([value, title, hint]) => {
    const input = el('input', { type: 'radio', class: 'tick-box', name: group, value });
    input.checked = value === first;
    return { value, input, element: el('label', { class: 'choice' }, input, el('span', {}, el('strong', { text: title }), el('span', { class: 'hint', text: hint }))) };
  });
  const lines = snapshots.flatMap((snapshot) => {
    if (only && snapshot.id !== only) return [];
    const words = capital(nameOf(snapshot));
    const ticked = tick(words, true);
    const frees = el('span', { class: 'prune-frees', text: '…' });
    return [{ snapshot, input: ticked.input, frees, element: el('li', {}, only ? el('span', { text: words }) : ticked.element, frees) }];
  });
  const sum = el('p', { class: 'prune-sum', role: 'status' });
  const dialog = new Dialog({
    title: only ? 'Prune this earlier state?' : `Prune the earlier states of ${model.data.name}?`,
    submit: 'Prune',
    danger: true,
    className: 'dialog-prune',
    onSubmit: async () => {
      const { freed, snapshots: gone } = await environments.prune(model.id, { snapshots: chosen(), whole: isWhole() });
      dialog.close();
      app.toasts.show('ok', `${several(gone.length, isWhole() ? 'earlier state' : 'environment')} of ${model.data.name} removed: ${bytes(freed)} are free again.`);
      done();
    },
  });
  const isWhole = () => ways[1].input.checked;
  const chosen = () => lines.filter(({ input }) => input.checked && !input.disabled).map(({ snapshot }) => snapshot.id);

  const render = () => {
    const sizes = known[isWhole() ? 'whole' : 'list'];
    for (const { snapshot, input, frees } of lines) {
      const nothing = !isWhole() && !snapshot.has_environment;
      input.disabled = nothing;
      setText(frees, nothing ? 'is pruned already' : sizes ? `frees ${bytes(sizes.get(snapshot.id) ?? 0)}` : '…');
    }
    const ids = chosen();
    // What two of them share with each other is free only when both are gone.
    const least = ids.reduce((all, id) => all + (sizes?.get(id) ?? 0), 0);
    setText(sum, !ids.length ? 'Nothing is chosen.' : sizes ? `${ids.length > 1 ? 'At least ' : ''}${bytes(least)} will be free. The environment that is in use stays.` : 'Finding out what that frees…');
    dialog.setReady(ids.length > 0 && Boolean(sizes));
  };
  const measure = async () => {
    const way = isWhole() ? 'whole' : 'list';
    render();
    if (known[way]) return;
    try {
      const { snapshots: each } = await environments.prune(model.id, { whole: way === 'whole', dry_run: true });
      known[way] = new Map(each.map(({ id, own }) => [id, own]));
      if (dialog.isOpen) render();
    } catch (error) {
      if (dialog.isOpen) dialog.setError(`What that frees could not be found out: ${sentence(error)}`);
    }
  };
  for (const { input } of ways) input.addEventListener('change', () => void measure());
  for (const { input } of lines) input.addEventListener('change', render);
  dialog.body.append(el('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'What is removed' }, ...ways.map(({ element }) => element)), el('ul', { class: 'prune-list', 'aria-label': 'Earlier states' }, ...lines.map(({ element }) => element)), sum);
  dialog.open(dialog.cancel);
  void measure();
}
