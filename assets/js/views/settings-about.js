// What AiKore is, and what of others is in this page.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { el, setText, show } from '../dom.js';

/** @type {Record<string, string>} */
const PROGRAMS = { tigervnc: 'TigerVNC', kasmvnc: 'KasmVNC', 'firefox-esr': 'Firefox', chromium: 'Chromium' };

/** What persistent mode has to work with, in sentences. @param {import('../types.js').DesktopInfo} found */
function desktopWords({ engine, browser, acceleration, missing }) {
  if (missing || !engine) return `Desktops on the server: ${missing ?? 'not available.'}`;
  const name = (/** @type {string} */ program) => PROGRAMS[program] ?? program;
  return `Desktops on the server: by ${name(engine)}${browser ? `, web UIs in ${name(browser)}` : ''}. ${acceleration ?? ''}`;
}

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function aboutPart(app) {
  const version = el('p', {});
  const desktop = el('p', { hidden: true });
  const api = el('p', {}, 'Everything here can be done by programs too: ', el('a', { href: 'api/docs', target: '_blank', rel: 'noopener', text: 'the API' }), '.');
  const parts = el('ul', { class: 'licences' });
  const note = el('p', { class: 'hint', text: 'Reading…' });
  let known = false;

  const load = async () => {
    setText(version, `AiKore ${app.server.version ?? ''}, under the MIT or the Apache 2.0 licence, as you like.`);
    const found = await app.catalogue.desktop();
    show(desktop, found !== null);
    setText(desktop, found ? desktopWords(found) : '');
    if (known) return;
    try {
      const list = await panel.licences();
      parts.replaceChildren(
        ...list.map((one) =>
          el(
            'li',
            {},
            el('details', {}, el('summary', {}, el('strong', { text: one.name }), ` ${one.version} `, el('span', { class: 'muted', text: one.license })), el('pre', { class: 'licence-text', tabindex: '0', text: one.text || 'The package brings no text of its licence.' })),
          ),
        ),
      );
      setText(note, 'Everything on this page comes from this server. What of other projects is in it:');
      known = true;
    } catch (error) {
      setText(note, `The licences could not be read: ${sentence(error)}`);
    }
  };
  return { title: 'About', element: el('section', {}, version, desktop, api, note, parts), load: () => void load() };
}
