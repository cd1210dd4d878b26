// What is asked about files: a name for a folder, and what to do where a name is taken.
import { el, setText, show } from '../dom.js';
import { faultOf, parentOf } from '../files/listing.js';
import { uploads } from '../files/uploads.js';
import { Dialog, field, textInput, tick } from './dialog.js';

/** @param {(name: string) => Promise<void>} make */
export function askFolder(make) {
  const name = textInput({ maxlength: '255' });
  const named = field('Name', name, { wide: true });
  const dialog = new Dialog({
    title: 'New folder',
    submit: 'Make it',
    async onSubmit() {
      const wrong = faultOf(name.value);
      named.setError(wrong);
      if (wrong) return named.focus();
      await make(name.value);
      dialog.close();
    },
  });
  dialog.body.append(el('div', { class: 'form' }, named.element));
  dialog.open(name);
}

/** @type {Dialog|null} */
let asking = null;

/** What to do with the uploads whose names are taken: one after the other, or all at once. */
export function askTaken() {
  const upload = uploads.taken[0];
  if (asking || !upload) return;
  const words = el('p', {});
  const all = tick('Do the same for all others', false);
  /** @param {string} value @param {string} label @param {string} hint @param {boolean} checked */
  const choice = (value, label, hint, checked) => {
    const input = el('input', { type: 'radio', class: 'tick-box', name: 'taken', value });
    input.checked = checked;
    return el('label', { class: 'tick' }, input, el('span', {}, label, el('span', { class: 'hint', text: hint })));
  };
  const answers = el(
    'div',
    { class: 'file-answers', role: 'radiogroup', 'aria-label': 'What to do' },
    choice('both', 'Keep both', 'The new one gets a number behind its name.', true),
    choice('replace', 'Replace it', 'The old one is gone once the new one is whole. This can’t be undone.', false),
    choice('skip', 'Leave it out', 'The old one stays, the new one is not uploaded.', false),
  );
  let answered = false;
  const dialog = new Dialog({
    title: 'The name is taken',
    submit: 'Go on',
    onSubmit() {
      const answer = /** @type {import('../files/uploads.js').Answer} */ (answers.querySelector('input:checked')?.getAttribute('value') ?? 'both');
      answered = true;
      dialog.close();
      uploads.answer(upload, answer, all.input.checked);
    },
    onClose() {
      asking = null;
      // No answer: nothing is uploaded in its place.
      if (!answered) uploads.answer(upload, 'skip', false);
      if (uploads.taken.length) queueMicrotask(askTaken);
    },
  });
  const folder = parentOf(upload.path);
  setText(words, `${upload.name} exists already${folder ? ` in ${folder}` : ''}.`);
  show(all.element, uploads.list.filter(({ isOver }) => !isOver).length > 1);
  dialog.body.append(words, answers, all.element);
  asking = dialog;
  dialog.open(dialog.submit);
}
