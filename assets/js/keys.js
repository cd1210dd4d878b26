// Keys of the page as a whole; the table has its own.
import { isTyping } from './dom.js';
import { menuIsOpen } from './views/menu.js';

/** @param {import('./app.js').App} app */
export function listenForKeys(app) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === 'Escape') {
      app.tools.leave();
      return;
    }
    if (isTyping(event.target) || menuIsOpen() || document.querySelector('dialog[open]')) return;
    const action = app.actions.page.find(({ shortcut }) => shortcut === event.key);
    if (!action) return;
    event.preventDefault();
    action.run();
  });
}
