// What goes on and what went on: long work, notices, messages that went by, and who changed what.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { bytes, moment, share } from '../format.js';
import { icon } from '../icons.js';
import { isOver } from '../jobs.js';
import { AuditList } from './audit.js';
import { NoticeList } from './notices.js';

/** @typedef {import('../jobs.js').Job} Job */

/** @type {Record<string, string>} */
const KIND = { backup: 'Backup', copy: 'Copy', remove: 'Removal', build: 'Build', 'version-check': 'Version check' };
const STATE = { queued: ['starting', 'Waiting'], running: ['installing', 'At work'], done: ['started', 'Done'], failed: ['error', 'Failed'], cancelled: ['stopped', 'Cancelled'] };
const LEVEL = { info: 'info', ok: 'check', warn: 'warn', error: 'error' };

/** "Copy of Studio", as far as that is known. @param {import('../app.js').App} app @param {Job} job */
function titleOf(app, { kind, instance_id }) {
  const word = KIND[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('-', ' ');
  const model = app.instances.get(instance_id);
  return model ? `${word}: ${model.data.name}` : word;
}

/** @param {Job} job */
function figure({ done, total, unit }) {
  if (unit === 'bytes') return total ? share(done, total) : done ? bytes(done) : '';
  return total ? `${done} of ${total}` : done ? String(done) : '';
}

/** One job as a line: made once, then only changed. @param {import('../app.js').App} app */
export function jobLine(app) {
  /** @type {Job|null} */
  let job = null;
  const picture = el('span', { class: 'job-icon' });
  const title = el('span', { class: 'job-title ellipsis' });
  const state = el('span', { class: 'job-state' });
  const words = el('p', { class: 'hint job-words' });
  const fill = el('span', { class: 'bar-fill' });
  const bar = el('span', { class: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' }, fill);
  const size = el('span', { class: 'job-size' });
  const cancel = button('Cancel', {
    class: 'small',
    on: {
      click: async () => {
        if (!job) return;
        cancel.disabled = true;
        try {
          app.jobs.put(await panel.cancelJob(job.id));
        } catch (error) {
          cancel.disabled = false;
          app.toasts.show('error', `It goes on: ${sentence(error)}`);
        }
      },
    },
  });
  const element = el('li', { class: 'job' }, picture, el('div', { class: 'job-text' }, el('div', { class: 'job-line' }, title, state), bar, words), size, cancel);
  return {
    element,
    /** @param {Job} next */
    render(next) {
      job = next;
      const [shape, word] = STATE[job.state] ?? STATE.running;
      if (element.dataset.state !== job.state) picture.replaceChildren(icon(shape));
      element.dataset.state = job.state;
      const name = titleOf(app, job);
      setText(title, name);
      setText(state, word);
      setText(words, job.error ?? job.message ?? '');
      setText(size, figure(job));
      const known = job.total ? Math.min(100, (job.done / job.total) * 100) : null;
      show(bar, !isOver(job));
      bar.classList.toggle('unknown', known === null);
      fill.style.width = known === null ? '' : `${known}%`;
      setAttr(bar, 'aria-label', name);
      setAttr(bar, 'aria-valuenow', known === null ? null : String(Math.round(known)));
      show(cancel, !isOver(job));
      setAttr(cancel, 'aria-label', `Cancel ${name}`);
    },
  };
}

export class ActivityView {
  #life = new AbortController();
  /** @type {Map<string, ReturnType<typeof jobLine>>} */
  #lines = new Map();
  #planned = false;
  #shown = false;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.audit = new AuditList();
    this.notices = new NoticeList(app);
    this.jobs = el('ul', { class: 'jobs' });
    this.noJobs = el('p', { class: 'hint', text: 'Nothing long is at work. Copies and removals show here how far they are.' });
    this.messages = el('ul', { class: 'messages' });
    this.noMessages = el('p', { class: 'hint', text: 'No messages yet in this tab of the browser.' });
    this.clear = button('Clear', { quiet: true, class: 'small', on: { click: () => app.messages.clear() } });
    /** @param {string} title @param {...(Node|null)} rest */
    const section = (title, ...rest) => el('section', { class: 'sheet-part', 'aria-label': title }, ...rest);
    this.element = el(
      'div',
      { class: 'tool-view sheet', tabindex: '0', role: 'region', 'aria-label': 'Activity' },
      el(
        'div',
        { class: 'activity' },
        section('Work', el('h3', { text: 'Work' }), this.noJobs, this.jobs),
        this.notices.element,
        section('Messages', el('div', { class: 'sheet-head' }, el('h3', { text: 'Messages' }), this.clear), this.noMessages, this.messages),
        section('Changes', el('h3', { text: 'Changes' }), this.audit.element),
      ),
    );
    const { signal } = this.#life;
    app.jobs.addEventListener('change', () => this.#plan(), { signal });
    app.messages.addEventListener('change', () => this.#plan(), { signal });
    this.#render();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.notices.setShown(shown);
    if (!shown) return;
    this.#render();
    void this.audit.load();
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }

  close() {
    this.#life.abort();
    this.notices.close();
  }

  /** Once for a burst of changes: a copy reports many times a second. */
  #plan() {
    if (this.#planned || !this.#shown) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#render();
    });
  }

  #render() {
    const { app } = this;
    const jobs = app.jobs.all.reverse();
    for (const [id, line] of this.#lines) {
      if (jobs.some((job) => job.id === id)) continue;
      line.element.remove();
      this.#lines.delete(id);
    }
    jobs.forEach((job, at) => {
      let line = this.#lines.get(job.id);
      if (!line) this.#lines.set(job.id, (line = jobLine(app)));
      line.render(job);
      if (this.jobs.children[at] !== line.element) this.jobs.insertBefore(line.element, this.jobs.children[at] ?? null);
    });
    show(this.noJobs, jobs.length === 0);
    const list = [...app.messages.list].reverse();
    this.messages.replaceChildren(
      ...list.map(({ level, text, at }) => el('li', { class: `message message-${level}` }, icon(LEVEL[level] ?? 'info'), el('p', { text }), el('time', { class: 'hint', datetime: at, text: moment(at) }))),
    );
    show(this.noMessages, list.length === 0);
    show(this.clear, list.length > 0);
  }
}
