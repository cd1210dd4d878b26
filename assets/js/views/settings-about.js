// What AiKore is, and what of others is in this page.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { el, setText } from '../dom.js';

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function aboutPart(app) {
  const version = el('p', {});
  const parts = el('ul', { class: 'licences' });
  const note = el('p', { class: 'hint', text: 'Reading…' });
  let known = false;

  const load = async () => {
    setText(version, `AiKore ${app.server.version ?? ''}, under the MIT or the Apache 2.0 licence, as you like.`);
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
  return { title: 'About', element: el('section', {}, version, note, parts), load: () => void load() };
}
