// A name that is typed anew where it stands.
import { sentence } from '../api.js';
import { el, setAttr, show, uid } from '../dom.js';
import { faultOf } from '../files/listing.js';

/** @param {import('./files-grid.js').FilesGrid} grid @param {HTMLElement} row @param {import('../api-files.js').Entry} entry */
export function renameIn(grid, row, entry) {
  grid.editing?.close();
  const cell = row.querySelector('.f-name');
  const name = row.querySelector('.file-name');
  if (!cell || !(name instanceof HTMLElement)) return;
  const id = uid('rename');
  const fault = el('span', { class: 'file-fault', id, role: 'alert', hidden: true });
  const input = el('input', { type: 'text', class: 'input file-input', value: entry.name, 'aria-label': `New name of ${entry.name}`, 'aria-describedby': id, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
  let busy = false;

  function close() {
    if (grid.editing?.name !== entry.name) return;
    const had = row.contains(document.activeElement);
    grid.editing = null;
    input.remove();
    fault.remove();
    show(/** @type {HTMLElement} */ (name), true);
    row.classList.remove('editing');
    // A row that is no longer in the list was kept for it.
    grid.render();
    if (had) grid.element.focus({ preventScroll: true });
  }

  /** @param {string|null} words */
  function complain(words) {
    fault.textContent = words ?? '';
    show(fault, Boolean(words));
    setAttr(input, 'aria-invalid', words ? 'true' : null);
  }

  async function commit() {
    if (busy || grid.editing?.name !== entry.name) return;
    if (input.value === entry.name) return close();
    const wrong = faultOf(input.value);
    if (wrong) return complain(wrong);
    busy = true;
    try {
      await grid.deeds.rename(entry, input.value);
      close();
    } catch (error) {
      complain(sentence(error));
      input.focus();
    } finally {
      busy = false;
    }
  }

  grid.editing = { name: entry.name, close };
  row.classList.add('editing');
  show(name, false);
  cell.append(input, fault);
  input.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') void commit();
    else if (event.key === 'Escape') close();
  });
  // Elsewhere means yes, unless it can't be.
  input.addEventListener('blur', () => (faultOf(input.value) || input.hasAttribute('aria-invalid') ? close() : void commit()));
  input.focus();
  // The end says what kind of file it is: it mostly stays.
  const dot = entry.kind === 'folder' ? -1 : entry.name.lastIndexOf('.');
  input.setSelectionRange(0, dot > 0 ? dot : entry.name.length);
}
