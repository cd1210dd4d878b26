// Keys of the page as a whole; the table has its own.
import { isTyping } from './dom.js';
import { menuIsOpen } from './views/menu.js';

/** @param {import('./app.js').App} app */
export function listenForKeys(app) {
  document.addEventListener('keydown', (event) => {
    const inDialog = Boolean(document.querySelector('dialog[open]'));
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
      // The browser's own meaning of it would take the person away from the page.
      event.preventDefault();
      if (!inDialog && !event.repeat) app.dialogs.palette();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === 'Escape') {
      app.tools.leave();
      return;
    }
    if (isTyping(event.target) || menuIsOpen() || inDialog) return;
    const action = app.actions.page.find(({ shortcut, offered }) => shortcut === event.key && (offered?.() ?? true));
    if (!action) return;
    event.preventDefault();
    action.run();
  });
}
