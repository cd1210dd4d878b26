// Links that let somebody look at an instance: its address with a token that opens this one and may change nothing.
import { panel } from '../api-panel.js';
import { copyText, el } from '../dom.js';
import { copyLine } from './copy-line.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../types.js').Instance} Instance */

/** The longest name a token may have. */
const NAME_MOST = 100;

/** An instance's address with a token in it; null where it has none. @param {Instance} data @param {string} token */
export function linkWith({ urls }, token) {
  const address = urls.path ?? urls.port;
  if (!address) return null;
  const link = new URL(address, document.baseURI);
  link.searchParams.set('aikore_token', token);
  return link.href;
}

/** What may still be in the way of such a link. @param {string} name */
export const OPENS_WITH_TOKEN = (name) => `It works once “Who may open it” of ${name} is “Also by a link with a token”: change that at its address in the list.`;

/** Makes a token that may look at one instance, and copies the link with it. @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
export async function copyViewLink(app, model) {
  const { data } = model;
  const name = `View-only link to ${data.name}`.slice(0, NAME_MOST);
  const { token } = await panel.createToken(name, [`view:${data.slug}`]);
  const link = linkWith(data, token) ?? '';
  const closed = data.access === 'private' ? OPENS_WITH_TOKEN(data.name) : '';
  const found = `It is the token “${name}” in Settings, which takes it back.`;
  if (await copyText(link)) {
    app.toasts.show(closed ? 'warn' : 'ok', [`The view-only link to ${data.name} is copied.`, closed, found].filter(Boolean).join(' '));
    return;
  }
  // It is shown now and never again.
  const line = copyLine(app, 'The link', link);
  const dialog = new Dialog({ title: `View-only link to ${data.name}` });
  dialog.body.append(el('div', { class: 'form' }, el('p', { text: `Whoever has this link sees the screen and can change nothing. ${found}` }), line.element, closed ? el('p', { class: 'caution', text: closed }) : null));
  dialog.open(line.copy);
}
