// A line of text with a button that copies it.
import { button, copyText, el, setText } from '../dom.js';

/** @param {import('../app.js').App} app @param {string} label @param {string} text */
export function copyLine(app, label, text) {
  const box = el('input', { type: 'text', class: 'input mono', readonly: true, value: text, 'aria-label': label });
  const copy = button('Copy', { icon: 'copy', primary: true });
  copy.addEventListener('click', async () => {
    const words = copy.querySelector('.button-label');
    if (await copyText(text)) {
      if (words) setText(words, 'Copied');
    } else {
      box.select();
      app.toasts.show('warn', 'This browser does not let the page copy. The line is marked: copy it with the keyboard.');
    }
  });
  box.addEventListener('focus', () => box.select());
  return { element: el('div', { class: 'token-line' }, box, copy), copy };
}
