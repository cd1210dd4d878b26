// The lines above a text: edits of an earlier visit, what changed on the disk meanwhile, why it can't be changed, what failed.
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('../editor/session.js').Session} Session */

/** @param {string} picture @param {string} kind @param {'status'|'alert'} role @param {...HTMLElement} buttons */
function line(picture, kind, role, ...buttons) {
  const text = el('p', {});
  const element = el('div', { class: `code-strip ${kind}`, role, hidden: true }, icon(picture), text, ...buttons);
  return {
    element,
    /** @param {string} words none: it goes */
    say(words) {
      if (words) setText(text, words);
      show(element, Boolean(words));
    },
  };
}

/** @param {string} at */
export const clock = (at) => {
  const time = new Date(at);
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
};

/**
 * @param {Session} session
 * @param {{ onCompare: () => void, onMine: () => void, parent?: (id: number) => void }} what
 */
export function codeStrips(session, { onCompare, onMine, parent }) {
  const { name } = session.source;
  const fault = line('error', 'bad', 'alert', button('Try again', { class: 'small', on: { click: () => void (session.opened ? session.save() : session.load()) } }));
  const show3 = button('Show the difference', { class: 'small', on: { click: onCompare } });
  const theirs = button('Take theirs', { class: 'small', on: { click: () => session.takeTheirs() } });
  const mine = button('Save mine', { class: 'small', on: { click: onMine } });
  const conflict = line('warn', 'warn', 'alert', show3, theirs, mine);
  const draft = line(
    'edit',
    'info',
    'status',
    button('Keep', { class: 'small', on: { click: () => session.keep() } }),
    button('Discard', { class: 'small', on: { click: () => session.discard() } }),
  );
  const toParent = button('Edit there', { class: 'small', on: { click: () => session.opened?.parent && parent?.(session.opened.parent.id) } });
  const locked = line('lock', 'info', 'status', toParent);
  const note = line('info', 'info', 'status', button('Hide', { class: 'small quiet', on: { click: () => note.say('') } }));
  const unkept = line('warn', 'warn', 'status');
  const element = el('div', { class: 'code-strips' }, fault.element, conflict.element, draft.element, locked.element, unkept.element, note.element);

  let shown = false;
  /** @param {boolean} comparing with what is on the disk */
  function render(comparing) {
    shown = comparing;
    const { opened, theirs: other } = session;
    fault.say(session.fault ? `${opened ? 'Not saved' : `${name} can’t be edited`}: ${sentence(session.fault)}${session.isDirty && opened ? ' Your edits are kept here.' : ''}` : '');
    const gone = other !== null && other.content === null;
    const when = other?.modified ? ` at ${clock(other.modified)}` : '';
    conflict.say(other ? (gone ? `${name} is no longer on the disk. What you see is its last text here: saving makes it anew.` : `${name} was changed on the disk${when} while you have unsaved edits. Neither is lost: compare, then choose.`) : '');
    show(show3, !gone);
    show(theirs, !gone);
    setText(/** @type {Element} */ (show3.querySelector('.button-label')), comparing ? 'Hide the difference' : 'Show the difference');
    setAttr(show3, 'aria-pressed', String(comparing));
    setText(/** @type {Element} */ (mine.querySelector('.button-label')), gone ? 'Save it anew' : 'Save mine');
    draft.say(session.broughtBack && !other ? `Unsaved edits from ${clock(session.broughtBack)} are shown.` : '');
    locked.say(session.readOnly ?? '');
    show(toParent, Boolean(opened?.parent && parent));
    unkept.say(session.isDirty && !session.kept ? 'These edits are too large for the browser to keep: save them before you leave the page.' : '');
  }

  /** @param {string} words */
  const tell = (words) => note.say(words);
  /** Says again that something is to be chosen first. */
  const remind = () => {
    conflict.say('');
    requestAnimationFrame(() => {
      render(shown);
      conflict.element.querySelector('button:not([hidden])')?.scrollIntoView({ block: 'nearest' });
    });
  };
  return { element, render, note: tell, remind };
}
