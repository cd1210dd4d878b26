// The way out.
import { panel } from './api-panel.js';

/** @param {import('./app.js').App} app */
export async function logOut(app) {
  try {
    await panel.logout();
    location.assign(new URL('login', document.baseURI));
  } catch (error) {
    app.toasts.show('error', `You are still logged in: ${error instanceof Error ? error.message : error}`);
  }
}
