// Blueprints of one's own: made from a text, renamed, deleted, each with what follows from it.
import { editor } from '../api-editor.js';
import { ApiError, sentence } from '../api.js';
import { el, setText, show } from '../dom.js';
import { Dialog, field, showAt, textInput, tick } from './dialog.js';

/** @typedef {import('../app.js').App} App */

/** @param {string} text */
const withEnding = (text) => (text.trim() && !text.trim().endsWith('.sh') ? `${text.trim()}.sh` : text.trim());

/** Says under the field what a name would mean. @param {App} app @param {ReturnType<typeof field>} named @param {HTMLInputElement} input */
async function sayShadow(app, named, input) {
  const { stock } = await app.catalogue.sides();
  const say = () => {
    const shadows = stock.some(({ filename }) => filename === withEnding(input.value));
    named.setHint(shadows ? 'A stock blueprint has this name: yours takes its place for new instances.' : 'Letters, digits, hyphens and underscores; it ends in .sh.');
  };
  input.addEventListener('input', say);
  say();
}

/**
 * Saves a text as a blueprint, a new one or over one there is.
 * @param {App} app @param {{ title: string, name: string, words: string, content: () => string, done?: (filename: string) => void }} options
 */
export function openSaveAsDialog(app, { title, name, words, content, done }) {
  const input = textInput({ value: name, maxlength: '200' });
  const named = field('File name', input, { wide: true, hint: 'Letters, digits, hyphens and underscores; it ends in .sh.' });
  const over = tick('Replace it', false, 'A custom blueprint has this name. Its text stays in its history.');
  show(over.element, false);
  input.addEventListener('input', () => {
    show(over.element, false);
    over.input.checked = false;
  });
  const dialog = new Dialog({
    title,
    submit: 'Save',
    async onSubmit() {
      named.setError(null);
      const filename = withEnding(input.value);
      if (!filename) {
        named.setError('It needs a name.');
        return named.focus();
      }
      try {
        const made = over.input.checked ? null : await editor.create(filename, content());
        if (!made) await editor.replace(filename, content());
        app.catalogue.refresh();
        dialog.close();
        app.toasts.show('ok', `${filename} is one of your blueprints${made ? ' now' : ', with this text'}. ${made?.note ?? ''}`.trim());
        done?.(filename);
      } catch (error) {
        show(over.element, error instanceof ApiError && error.status === 409);
        showAt(error, { filename: named }, () => null);
      }
    },
  });
  dialog.body.append(el('p', { text: words }), named.element, over.element);
  dialog.open(input);
  input.setSelectionRange(0, input.value.replace(/\.sh$/, '').length);
  void sayShadow(app, named, input).catch(() => {});
}

/** @param {App} app @param {string} filename @param {string[]} users @param {(filename: string) => void} done */
export function openRenameDialog(app, filename, users, done) {
  const input = textInput({ value: filename, maxlength: '200' });
  const named = field('File name', input, { wide: true, hint: 'Letters, digits, hyphens and underscores; it ends in .sh.' });
  const dialog = new Dialog({
    title: `Rename ${filename}`,
    submit: 'Rename',
    async onSubmit() {
      named.setError(null);
      try {
        const renamed = await editor.rename(filename, withEnding(input.value));
        app.catalogue.refresh();
        dialog.close();
        app.toasts.show('ok', `${filename} is ${renamed.filename} now. ${renamed.note ?? ''}`.trim());
        done(renamed.filename);
      } catch (error) {
        showAt(error, { filename: named }, () => null);
      }
    },
  });
  const follow = users.length ? `${users.join(', ')} ${users.length === 1 ? 'was made from it and follows' : 'were made from it and follow'}; no script is changed.` : 'No instance was made from it.';
  dialog.body.append(el('p', { text: follow }), named.element);
  dialog.open(input);
  input.setSelectionRange(0, input.value.replace(/\.sh$/, '').length);
  void sayShadow(app, named, input).catch(() => {});
}

/** @param {App} app @param {import('../api-editor.js').OwnBlueprint} blueprint @param {(back: () => Promise<void>) => void} done gets the way back */
export function openDeleteBlueprintDialog(app, { filename, shadows, used_by }, done) {
  const dialog = new Dialog({
    title: `Delete ${filename}`,
    submit: 'Delete',
    danger: true,
    async onSubmit() {
      await editor.remove(filename);
      app.catalogue.refresh();
      dialog.close();
      done(async () => {
        try {
          await editor.putBack(filename);
          app.catalogue.refresh();
          app.toasts.show('ok', `${filename} is back.`);
        } catch (error) {
          app.toasts.show('error', `${filename} could not be put back: ${sentence(error)}`);
        }
      });
    },
  });
  const words = el('p', {});
  const users = used_by.length ? `${used_by.join(', ')} ${used_by.length === 1 ? 'keeps its' : 'keep their'} own script. ` : '';
  setText(words, `${users}${shadows ? 'The stock blueprint of this name is offered again. ' : ''}It can be put back from the list of deleted ones.`);
  dialog.body.append(words);
  dialog.open(dialog.cancel);
}
