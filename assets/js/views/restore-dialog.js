// Back from the trash. Asks only what is not known: another name where this one is taken, the blueprint of an old entry.
import { panel } from '../api-panel.js';
import { ApiError, sentence } from '../api.js';
import { el } from '../dom.js';
import { blueprintTitle, nameFault } from '../format.js';
import { Dialog, field, showAt, textInput } from './dialog.js';

/** @typedef {import('../api-panel.js').Trashed} Trashed */
/** @typedef {import('../app.js').App} App */

/** @param {App} app @param {import('../types.js').Instance} back */
function arrived(app, back) {
  app.instances.put(back, true);
  app.toasts.show('ok', `${back.name} is back.${back.note ? ` ${back.note}` : ''}`);
}

/** @param {App} app @param {Trashed} entry */
export async function restore(app, entry) {
  if (entry.kind === 'files') {
    await putBack(app, entry);
    return;
  }
  if (!entry.restorable && entry.blueprint === null) {
    await ask(app, entry, null);
    return;
  }
  try {
    arrived(app, await panel.restore(entry.name));
  } catch (error) {
    if (error instanceof ApiError && error.status === 409 && (error.field === 'name' || error.field === 'blueprint')) await ask(app, entry, error);
    else app.toasts.show('error', `${entry.name} could not be put back: ${sentence(error)}`);
  }
}

/** Files go to where they were. @param {App} app @param {Trashed} entry */
async function putBack(app, entry) {
  try {
    const { count } = await panel.putBack(entry.name);
    app.toasts.show('ok', `${entry.title} ${count === 1 ? 'is' : 'are'} back in ${entry.from ?? 'their folder'}.`);
  } catch (error) {
    app.toasts.show('error', `${entry.title} could not be put back: ${sentence(error)}`);
  }
}

/** @param {App} app @param {Trashed} entry @param {ApiError|null} refusal */
async function ask(app, entry, refusal) {
  const name = textInput({ value: entry.name, maxlength: '255' });
  const named = field('Name', name, { wide: true, hint: 'Also the name of its folder and the end of its address.' });
  const blueprint = el('select', { class: 'input' }, el('option', { value: entry.blueprint ?? '', text: entry.blueprint ?? 'Choose one' }));
  const made = field('Blueprint', blueprint, { wide: true, hint: 'What it was made from: its own script in the folder is used in any case.' });
  const asksBlueprint = entry.blueprint === null;
  const dialog = new Dialog({
    title: `Put ${entry.name} back`,
    submit: 'Put back',
    async onSubmit() {
      named.setError(nameFault(name.value));
      made.setError(asksBlueprint && !blueprint.value ? 'Choose the blueprint it was made from.' : null);
      if (nameFault(name.value)) return named.focus();
      if (asksBlueprint && !blueprint.value) return made.focus();
      try {
        const back = await panel.restore(entry.name, { name: name.value, ...(asksBlueprint ? { blueprint: blueprint.value } : {}) });
        dialog.close();
        arrived(app, back);
      } catch (error) {
        showAt(error, { name: named, blueprint: made }, () => null);
      }
    },
  });
  dialog.body.append(el('div', { class: 'form' }, named.element, asksBlueprint ? made.element : null));
  if (refusal?.field === 'name') named.setError(sentence(refusal));
  else if (refusal) made.setError(sentence(refusal));
  dialog.open(refusal?.field === 'name' ? name : blueprint);
  if (refusal?.field === 'name') name.select();
  if (!asksBlueprint) return;
  try {
    for (const one of await app.catalogue.entries()) blueprint.append(el('option', { value: one.filename, text: `${blueprintTitle(one)} (${one.filename})` }));
  } catch (error) {
    made.setError(`The blueprints could not be read: ${sentence(error)}`);
  }
}
