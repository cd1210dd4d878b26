// The page of the one-time setup link: the first password.
import { request } from '../api.js';
import { byId, complain, root, whileBusy } from './gate.js';

const form = byId('form');
const [token, password, again, show] = ['token', 'password', 'again', 'show'].map((id) => /** @type {HTMLInputElement} */ (byId(id)));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));

const given = new URLSearchParams(location.search).get('token') ?? '';
token.value = given;
byId('token-field').hidden = Boolean(given);
// Out of the address bar and the history.
if (given) history.replaceState(null, '', location.pathname);
(given ? password : token).focus();

show.addEventListener('change', () => {
  password.type = again.type = show.checked ? 'text' : 'password';
});

/** What is wrong with what was typed, and where. @returns {[string, HTMLInputElement]|null} */
function wrong() {
  if (!token.value.trim()) return ['Paste the token of the setup link.', token];
  if ([...password.value].length < 8) return ['The password needs 8 characters at least.', password];
  if (password.value !== again.value) return ['The two are not the same.', again];
  return null;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const found = wrong();
  if (found) {
    complain(...found);
    return;
  }
  await whileBusy(submit, async () => {
    try {
      const body = { token: token.value.trim(), password: password.value };
      await request(new URL('api/auth/setup', root), { method: 'POST', body });
      location.assign(root);
    } catch (error) {
      const { status } = /** @type {{ status?: number }} */ (error);
      if (status === 403) byId('token-field').hidden = false;
      complain(error, status === 403 ? token : password);
    }
  });
});
