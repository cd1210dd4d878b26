// The bell in the header: how many notices are unread, and the way to them.
import { el, iconButton, setAttr, setText, show } from '../dom.js';

/** The bell, with how many are unread. @param {import('../app.js').App} app */
export function bell(app) {
  const badge = el('span', { class: 'count-badge', hidden: true, 'aria-hidden': 'true' });
  const made = iconButton('bell', 'Notices', () => {
    app.tools.open('activity');
    app.notices.ask();
  }, 'bell');
  made.append(badge);
  const render = () => {
    const { unread } = app.notices;
    show(badge, unread > 0);
    setText(badge, unread > 99 ? '99+' : String(unread));
    const words = unread ? `Notices, ${unread} unread` : 'Notices';
    setAttr(made, 'aria-label', words);
    setAttr(made, 'title', words);
  };
  app.notices.addEventListener('unread', render);
  return made;
}
