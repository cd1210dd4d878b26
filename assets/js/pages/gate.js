// What the login and the setup page share.
import { sentence } from '../api.js';

/** Where the dashboard is, as an absolute URL. */
export const root = new URL(document.documentElement.dataset.root || '/', location.href).href;

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Shows what is wrong, and goes there. @param {unknown} error @param {HTMLInputElement} [field] */
export function complain(error, field) {
  byId('error').textContent = sentence(error);
  for (const input of document.querySelectorAll('input')) input.removeAttribute('aria-invalid');
  field?.setAttribute('aria-invalid', 'true');
  field?.focus();
}

/** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
export async function whileBusy(button, work) {
  button.disabled = true;
  byId('error').textContent = '';
  try {
    await work();
  } finally {
    if (!/^Wait/.test(button.textContent ?? '')) button.disabled = false;
  }
}
