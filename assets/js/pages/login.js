// The login page: sends the password, and goes on to where the person wanted to be.
import { request } from '../api.js';
import { byId, complain, root, whileBusy } from './gate.js';

const form = byId('form');
const password = /** @type {HTMLInputElement} */ (byId('password'));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));

/** Says where this leads, when it is not the dashboard. */
function sayWhere() {
  const next = new URLSearchParams(location.search).get('next') ?? '';
  const slug = /\/instance\/([a-z0-9-]+)/.exec(next)?.[1] ?? (/^https?:\/\//.test(next) ? URL.parse(next)?.host : null);
  if (slug) byId('where').textContent = `It goes on to ${slug}.`;
}

/** Counts down until another attempt may be made. @param {number} seconds */
function wait(seconds) {
  submit.disabled = true;
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    submit.disabled = left > 0;
    submit.textContent = left > 0 ? `Wait ${left} s` : 'Log in';
    if (left <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 500);
  tick();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!password.value) {
    complain('Type the password.', password);
    return;
  }
  await whileBusy(submit, async () => {
    try {
      await request(new URL('api/auth/login', root), { method: 'POST', body: { password: password.value } });
      // The server knows where to go on to, and whether that is one of ours.
      location.reload();
    } catch (error) {
      complain(error, password);
      password.select();
      const seconds = /** @type {{ retryAfter?: number|null }} */ (error).retryAfter;
      if (seconds) wait(seconds);
    }
  });
});

sayWhere();
