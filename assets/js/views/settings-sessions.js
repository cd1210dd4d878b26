// Who is logged in, from where; each can be ended.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { ago, moment } from '../format.js';
import { whyNot } from './settings-account.js';

/** A browser's long name in two words, as far as they can be told. @param {string|null} agent */
export function agentName(agent) {
  if (!agent) return 'Unknown browser';
  const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']].find(([mark]) => agent.includes(mark))?.[1];
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'], ['Linux', 'Linux']].find(([mark]) => agent.includes(mark))?.[1];
  return browser ? (system ? `${browser} on ${system}` : browser) : agent.split(' ')[0];
}

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function sessionsPart(app) {
  const note = el('p', { class: 'hint', role: 'status' });
  const list = el('ul', { class: 'sheet-list' });
  const others = button('End all others', { class: 'small' });
  const element = el('section', {}, note, list, others);

  /** @param {() => Promise<unknown>} work @param {string} done */
  const end = async (work, done) => {
    try {
      await work();
      app.toasts.show('ok', done);
    } catch (error) {
      app.toasts.show('error', `The session goes on: ${sentence(error)}`);
    }
    await load();
  };
  others.addEventListener('click', () => void end(() => panel.endOtherSessions(), 'All other sessions are ended.'));

  /** @param {import('../api-panel.js').Visit} visit */
  const line = (visit) => {
    const name = agentName(visit.agent);
    const stop = button('End', { class: 'small', on: { click: () => void end(() => panel.endSession(visit.id), `The session of ${name} is ended.`) } });
    setAttr(stop, 'aria-label', `End the session of ${name}`);
    const times = [`since ${moment(visit.created_at)}`, visit.last_used_at && !visit.current ? `last used ${ago(visit.last_used_at)} ago` : '', visit.expires_at ? `until ${moment(visit.expires_at)}` : ''];
    return el(
      'li',
      { class: 'sheet-item' },
      el('div', { class: 'sheet-text' }, el('strong', { text: name, title: visit.agent }), visit.current ? el('span', { class: 'mark-here', text: 'this browser' }) : null, el('span', { class: 'hint', text: [visit.address, ...times].filter(Boolean).join(' · ') })),
      visit.current ? null : stop,
    );
  };

  const load = async () => {
    let text = whyNot(app);
    if (!text) {
      try {
        const visits = await panel.sessions();
        list.replaceChildren(...visits.map(line));
        show(others, visits.some(({ current }) => !current));
      } catch (error) {
        text = whyNot(app, error);
      }
    }
    setText(note, text);
    show(note, Boolean(text));
    if (text) {
      list.replaceChildren();
      show(others, false);
    }
  };
  return { title: 'Sessions', element, ofLogin: true, load: () => void load() };
}
