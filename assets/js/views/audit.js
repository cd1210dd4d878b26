// Who changed what, as the server wrote it down; a page at a time.
import { isMissing, panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setText, show } from '../dom.js';
import { moment } from '../format.js';

/** @typedef {import('../api-panel.js').AuditEntry} AuditEntry */

/** What was asked for, by the server's name for it; what it was about follows. @type {Readonly<Record<string, string>>} */
const WORDS = Object.freeze({
  'instance.create': 'Create',
  'instance.change': 'Change',
  'instance.delete': 'Delete',
  'instance.start': 'Start',
  'instance.stop': 'Stop',
  'instance.restart': 'Restart',
  'instance.copy': 'Copy',
  'instance.instantiate': 'Make a satellite of',
  'instance.rebuild': 'Rebuild',
  'instance.order.change': 'Change the order or the groups',
  'instance.file.change': 'Edit a file of',
  'instance.restore': 'Bring a former text back in',
  'blueprint.create': 'Make the blueprint',
  'blueprint.change': 'Change the blueprint',
  'blueprint.rename': 'Rename the blueprint',
  'blueprint.delete': 'Delete the blueprint',
  'blueprint.restore': 'Bring back the blueprint',
  'trash.restore': 'Put back',
  'trash.delete': 'Delete for good',
  'job.delete': 'Cancel job',
  'notice.target.create': 'Add the target of notices',
  'notice.target.change': 'Change the target of notices',
  'notice.target.delete': 'Remove the target of notices',
  'notice.target.test': 'Test the target of notices',
  login: 'Log in',
  logout: 'Log out',
  setup: 'Set the first password',
  'password.change': 'Change the password',
  'token.create': 'Make the token',
  'token.delete': 'Take back the token',
  'session.delete': 'End',
});
/** The same where there is nothing it was about. @type {Readonly<Record<string, string>>} */
const WORDS_ALONE = Object.freeze({ 'session.delete': 'End all other sessions', 'trash.delete': 'Empty the trash' });

/** @param {AuditEntry} entry */
function line({ at, actor, address, action, target, detail, status }) {
  const words = (target ? null : WORDS_ALONE[action]) ?? WORDS[action] ?? action;
  const failed = typeof status === 'number' && status >= 400;
  const who = [actor, address].filter(Boolean).join(', ');
  return el(
    'li',
    { class: failed ? 'audit failed' : 'audit' },
    el('time', { class: 'hint', datetime: at, text: moment(at) }),
    el('span', { class: 'audit-what' }, el('strong', { text: words, title: action }), target ? ` ${target}` : null, detail ? el('span', { class: 'hint', text: detail }) : null),
    el('span', { class: 'hint audit-who', text: who }),
    failed ? el('span', { class: 'audit-status', text: `refused (${status})` }) : null,
  );
}

export class AuditList {
  /** @type {number|null} */
  #next = null;
  #busy = false;

  constructor() {
    this.note = el('p', { class: 'hint', role: 'status', text: 'Reading…' });
    this.list = el('ul', { class: 'audits' });
    this.more = button('Earlier ones', { class: 'small', on: { click: () => void this.#read(this.#next) } });
    show(this.more, false);
    this.element = el('div', {}, this.note, this.list, this.more);
  }

  /** From the latest on. */
  load() {
    return this.#read(null);
  }

  /** @param {number|null} before */
  async #read(before) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const { entries, next } = await panel.audit(before);
      const lines = entries.map(line);
      if (before === null) this.list.replaceChildren(...lines);
      else this.list.append(...lines);
      this.#next = next;
      show(this.more, next !== null);
      setText(this.note, this.list.childElementCount ? '' : 'Nothing has been changed yet.');
    } catch (error) {
      setText(this.note, isMissing(error) ? 'This version of the server does not write down who changed what.' : `What was changed could not be read: ${sentence(error)}`);
    } finally {
      this.#busy = false;
      show(this.note, Boolean(this.note.textContent));
    }
  }
}
