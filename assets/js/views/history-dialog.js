// The last saves of a text: each compared with the present one, and brought back.
import { sentence } from '../api.js';
import { Code } from '../editor/code.js';
import { el, setAttr, setText, show } from '../dom.js';
import { bytes, moment } from '../format.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../api-editor.js').Former} Former */

const HOW = { saved: 'Saved', restored: 'Brought back', found: 'Found on the disk', deleted: 'Deleted' };

/** @param {Former} former */
const title = ({ at, by, origin }) => [HOW[origin], moment(at), by].filter(Boolean).join(', ');

/** @param {import('./code-pane.js').CodePane} pane @param {(words: string) => void} done */
export async function openHistoryDialog(pane, done) {
  const { source, session } = pane;
  pane.flush();
  /** @type {Former|null} */
  let chosen = null;
  const dialog = new Dialog({
    title: `History of ${source.name}`,
    className: 'dialog-history',
    submit: 'Bring it back',
    async onSubmit() {
      if (!chosen) return;
      await session.restore(chosen.n);
      dialog.close();
      done(`${source.name} is as it was ${moment(chosen.at)}. What it was until now is in its history.`);
    },
    onClose: () => code.close(),
  });
  const code = new Code({ label: `Former text of ${source.name}`, name: source.name, readOnly: true });
  const note = el('p', { class: 'nothing', role: 'status', text: 'Reading…' });
  const list = el('ul', { class: 'saves', 'aria-label': 'Saves, the latest first' });
  const said = el('p', { class: 'hint', text: 'Green is in that text and not in the present one; red the other way round.' });
  const shown = el('div', { class: 'saves-text' }, said, code.element);
  dialog.body.append(note, el('div', { class: 'saves-pane' }, list, shown));
  show(shown, false);
  dialog.setReady(false);
  dialog.open(dialog.cancel);

  /** @param {Former} former @param {HTMLElement} line */
  async function choose(former, line) {
    for (const other of list.querySelectorAll('button')) setAttr(other, 'aria-pressed', String(other === line));
    chosen = former;
    try {
      const { content } = await source.former(former.n);
      if (chosen !== former || !dialog.isOpen) return;
      code.open(content);
      code.compare(session.text);
      show(shown, true);
      dialog.setError(null);
      dialog.setReady(!session.readOnly && content !== session.text);
    } catch (error) {
      dialog.setReady(false);
      dialog.setError(sentence(error));
    }
  }

  try {
    const all = await source.history();
    if (!dialog.isOpen) return;
    setText(note, all.length ? '' : 'Nothing yet: what is saved from now on is kept here, the last 20 of it.');
    show(note, !all.length);
    const lines = all.map((former) => {
      const here = former.version === session.base.version;
      const line = el('button', { type: 'button', class: 'save-line', 'aria-pressed': 'false' }, el('span', { text: title(former) }), el('span', { class: 'hint', text: here ? `${bytes(former.size)}, as it is now` : bytes(former.size) }));
      line.addEventListener('click', () => void choose(former, line));
      return el('li', {}, line);
    });
    list.append(...lines);
    const first = all.findIndex(({ version }) => version !== session.base.version);
    const line = lines[Math.max(0, first)]?.querySelector('button');
    if (!line) return;
    line.focus();
    await choose(all[Math.max(0, first)], line);
  } catch (error) {
    setText(note, `The history could not be read: ${sentence(error)}`);
  }
}
