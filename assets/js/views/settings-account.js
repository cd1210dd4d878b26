// The password, and the way out.
import { isMissing, panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setText, show } from '../dom.js';
import { logOut } from '../sign-out.js';
import { field, showAt } from './dialog.js';

export const LOGIN_IS_OFF = 'Login is off: AIKORE_AUTH=none. With AIKORE_AUTH=password, AiKore asks for a password from its next start on.';

/**
 * What a part of the login says when it cannot show itself; an empty text if it can.
 * @param {import('../app.js').App} app @param {unknown} [error]
 */
export function whyNot(app, error) {
  if (app.server.auth === 'none') return LOGIN_IS_OFF;
  if (isMissing(error)) return 'This version of the server does not know this yet.';
  return error ? sentence(error) : '';
}

/** @param {string} label @param {string} autocomplete */
const secret = (label, autocomplete) => field(label, el('input', { type: 'password', class: 'input', autocomplete, maxlength: '1024' }));

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function accountPart(app) {
  const note = el('p', { class: 'hint', role: 'status' });
  const user = el('p', {});
  const current = secret('Present password', 'current-password');
  const fresh = secret('New password', 'new-password');
  const again = secret('New password again', 'new-password');
  const fault = el('p', { class: 'field-error', role: 'alert', hidden: true });
  const save = button('Change the password', { primary: true, type: 'submit' });
  // Password managers want to know whose password it is.
  const name = el('input', { type: 'text', autocomplete: 'username', class: 'unseen', value: 'admin', tabindex: '-1', 'aria-hidden': 'true', readonly: true });
  const form = el('form', { class: 'form account-form', novalidate: true }, name, current.element, fresh.element, again.element, fault, el('div', { class: 'form-actions' }, save));
  const out = button('Log out', { icon: 'leave', on: { click: () => void logOut(app) } });
  const inside = el('div', { class: 'account', hidden: true }, el('div', { class: 'setting-line' }, user, out), form);

  /** @param {string|null} text */
  const say = (text) => {
    setText(fault, text ?? '');
    show(fault, Boolean(text));
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say(null);
    const fields = [current, fresh, again];
    for (const one of fields) one.setError(one.control.value ? null : 'Fill this in.');
    const missing = fields.find((one) => !one.control.value);
    if (missing) return missing.focus();
    if (fresh.control.value !== again.control.value) {
      again.setError('The two are not the same.');
      return again.focus();
    }
    save.disabled = true;
    try {
      await panel.setPassword(current.control.value, fresh.control.value);
      form.reset();
      app.toasts.show('ok', 'The password is changed.');
    } catch (error) {
      try {
        showAt(error, { current, password: fresh }, () => null);
      } catch {
        say(sentence(error));
      }
    } finally {
      save.disabled = false;
    }
  });

  const load = async () => {
    let text = whyNot(app);
    if (!text) {
      try {
        const session = await panel.session();
        setText(user, session.user ? `Logged in as ${session.user}.` : 'You are logged in.');
        if (session.user) name.value = session.user;
        show(out, session.via === 'session');
        if (session.via === 'proxy') text = 'An outer proxy says who you are: passwords are its matter.';
      } catch (error) {
        text = whyNot(app, error);
      }
    }
    setText(note, text);
    show(note, Boolean(text));
    show(inside, !text);
  };
  return { title: 'Account', element: el('section', {}, note, inside), load };
}
