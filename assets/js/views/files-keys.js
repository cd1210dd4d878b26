// The keys of a list of files.

/** @param {KeyboardEvent} event @param {import('./files-grid.js').FilesGrid} grid */
export function gridKeys(event, grid) {
  if (event.target !== grid.element || event.altKey) return;
  const { choice, deeds } = grid;
  const entry = grid.active;
  const held = event.ctrlKey || event.metaKey;
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: grid.page, PageUp: -grid.page, Home: -grid.shown.length, End: grid.shown.length };
  const step = steps[event.key];
  if (held) {
    if (event.key.toLowerCase() !== 'a') return;
    choice.all();
  } else if (step) {
    choice.step(step, event.shiftKey);
    if (choice.active !== null) grid.reveal(choice.active);
  } else if (event.key === 'Backspace') deeds.up();
  else if (event.key === 'Delete') {
    if (choice.size) deeds.remove();
  } else if (event.key === 'Escape') {
    if (!choice.size) return;
    choice.none();
  } else if (!entry) return;
  else if (event.key === 'Enter') deeds.open(entry);
  else if (event.key === ' ') choice.toggle(entry.name);
  else if (event.key === 'F2') grid.edit(entry);
  else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
    const more = document.getElementById(grid.element.getAttribute('aria-activedescendant') ?? '')?.querySelector('.file-more');
    if (more instanceof HTMLElement) deeds.menu(entry, more);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
