// Backups: what there is, a new one with its progress, and how to come back to one.
import { backups } from '../api-backups.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { ago, bytes, moment } from '../format.js';
import { icon } from '../icons.js';
import { isOver } from '../jobs.js';
import { jobLine } from './activity.js';
import { Dialog } from './dialog.js';
import { keepUp } from './keyed.js';

/** @typedef {import('../api-backups.js').Backup} Backup */

/** Why each was made. */
const REASON = { manual: 'by hand', scheduled: 'by itself', migration: 'before an update' };

/** @param {string} reason */
const reasonWord = (reason) => /** @type {Record<string, string>} */ (REASON)[reason] ?? reason;

/** Reveals what is in an archive and what is not. */
function whatIsInside() {
  /** @param {string} term @param {string} text */
  const pair = (term, text) => el('div', {}, el('dt', { text: term }), el('dd', { text }));
  return el(
    'details',
    { class: 'backup-about' },
    el('summary', { text: 'What is inside, and how to restore it' }),
    el(
      'dl',
      {},
      pair('Inside', 'The store with every instance, its settings, the password and tokens (as hashes), scripts and blueprints with their earlier versions, small configuration files, certificates, and what each app is made of: its packages and the commits of its code.'),
      pair('Not inside', 'Environments, models, outputs, the trash and caches. Environments are made anew, with the same versions, when an instance starts; models and outputs need a copy of their own.'),
      pair('Kept', 'Those made by hand stay until you delete them. Of those made by themselves the oldest go (AIKORE_BACKUP_EVERY, AIKORE_BACKUP_KEEP).'),
    ),
    el('p', {}, 'To restore one, stop the server and run ', el('code', { class: 'mono', text: 'aikore restore FILE' }), ' on the machine, with the folder it shall go to. Keys may be in it: keep it where nobody else reads it.'),
  );
}

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function backupsPart(app) {
  const life = new AbortController();
  const note = el('p', { class: 'hint', role: 'status', text: 'Reading…' });
  const list = el('ul', { class: 'sheet-list', 'aria-label': 'Backups' });
  const line = jobLine(app);
  const work = el('ul', { class: 'jobs', 'aria-label': 'The backup at work', hidden: true }, line.element);
  const make = button('Back up now', { icon: 'save', on: { click: () => void begin() } });
  const element = el('section', {}, note, list, work, make, whatIsInside());
  /** The job whose end is waited for. @type {string|null} */
  let followed = null;
  let shown = false;

  const begin = async () => {
    make.disabled = true;
    try {
      const job = await backups.create();
      followed = job.id;
      app.jobs.put(job);
    } catch (error) {
      app.toasts.show('error', `No backup was made: ${sentence(error)}`);
    }
    make.disabled = false;
    follow();
  };

  /** Shows the work that goes on, whoever asked for it; once it is over, what came of it. */
  const follow = () => {
    const active = app.jobs.active.find(({ kind }) => kind === 'backup');
    const last = app.jobs.all.find(({ id }) => id === followed);
    if (!active && last && isOver(last)) {
      followed = null;
      if (last.state === 'failed') app.toasts.show('error', `No backup was made: ${last.error ?? 'the server’s log says why.'}`);
      if (last.state === 'done') app.toasts.show('ok', 'The backup is made.');
      if (shown) void load();
    }
    followed = active?.id ?? followed;
    const hadFocus = work.contains(document.activeElement);
    show(work, Boolean(active));
    show(make, !active);
    if (active) line.render(active);
    else if (hadFocus) make.focus();
  };
  app.jobs.addEventListener('change', follow, { signal: life.signal });

  /** @param {Backup} backup */
  const ask = ({ name, at, size }) => {
    const dialog = new Dialog({
      title: 'Delete this backup?',
      className: 'dialog-delete',
      submit: 'Delete for good',
      danger: true,
      async onSubmit() {
        await backups.remove(name);
        dialog.close();
        app.toasts.show('ok', `The backup of ${moment(at)} is deleted.`);
        await load();
        make.focus();
      },
    });
    dialog.body.append(el('p', { class: 'with-icon' }, icon('warn'), el('span', {}, el('span', { class: 'mono break', text: name }), ` (${bytes(size)}) is removed from the disk. What it holds of ${moment(at)} can’t be restored any more.`)));
    dialog.open(dialog.cancel);
  };

  /** @param {Backup} backup */
  const item = (backup) => {
    const { name, at, size, reason } = backup;
    const when = moment(at);
    const download = el('a', { class: 'icon-button', href: backups.file(name), download: name, title: `Download ${name}`, 'aria-label': `Download the backup of ${when}` }, icon('download'));
    return el(
      'li',
      { class: 'sheet-item' },
      el('div', { class: 'sheet-text' }, el('strong', { text: when }), el('span', { class: 'hint', text: `${bytes(size)} · ${reasonWord(reason)} · ${ago(at)} ago` }), el('span', { class: 'hint mono break', text: name })),
      el('span', { class: 'cell' }, download, iconButton('delete', `Delete the backup of ${when}`, () => ask(backup))),
    );
  };

  const load = async () => {
    let able = true;
    try {
      const all = await backups.list();
      keepUp(list, all, item);
      setText(note, all.length ? '' : 'No backup yet. One holds what can’t be made again: settings, scripts, blueprints; it takes seconds.');
    } catch (error) {
      able = false;
      list.replaceChildren();
      setText(note, sentence(error));
    }
    show(note, Boolean(note.textContent));
    setAttr(make, 'disabled', able ? null : '');
    follow();
  };

  return {
    title: 'Backups',
    element,
    load() {
      shown = true;
      void load();
    },
    close: () => life.abort(),
  };
}
