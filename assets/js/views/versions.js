// What is in an instance's Python environment, and what does not go together there.
import { versions } from '../api-versions.js';
import { sentence } from '../api.js';
import { button, copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { ago, bytes, moment } from '../format.js';
import { icon } from '../icons.js';
import { isOver } from '../jobs.js';
import { FactList } from './version-facts.js';
import { PackageTable } from './version-packages.js';

/** @typedef {import('../api-versions.js').Versions} Versions */
/** @typedef {import('../jobs.js').Job} Job */

/** How often the time since the last check is told anew. */
const TICK = 20_000;

export class VersionsView {
  #life = new AbortController();
  #shown = false;
  #asked = false;
  /** The check that is followed. @type {string|null} */
  #job = null;
  /** @type {Versions|null} */
  #last = null;
  /** @type {number|undefined} */
  #timer;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.facts = new FactList();
    this.packages = new PackageTable();
    this.when = el('span', { class: 'muted ellipsis v-when' });
    this.again = button('Check again', { icon: 'restart', class: 'small', on: { click: () => void this.check() } });
    this.copy = button('Copy as text', { icon: 'copy', class: 'small', on: { click: () => void this.#copy() } });
    this.save = iconButton('download', 'Download as text', () => this.#save());
    this.phase = el('span', { class: 'v-phase' });
    this.fill = el('span', { class: 'bar-fill' });
    this.bar = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Version check', 'aria-valuemin': '0', 'aria-valuemax': '100' }, this.fill);
    this.cancel = button('Cancel', { class: 'small', on: { click: () => void this.#cancel() } });
    this.progress = el('div', { class: 'v-progress', role: 'group', 'aria-label': 'Version check', hidden: true }, this.phase, this.bar, this.cancel);
    this.errorText = el('p', {});
    this.error = el('div', { class: 'v-note v-error', role: 'alert', hidden: true }, icon('error'), this.errorText);
    this.noteText = el('p', {});
    this.note = el('div', { class: 'v-note', role: 'status', hidden: true }, icon('info'), this.noteText);
    this.conflictWords = el('p', { class: 'v-verdict' });
    this.conflicts = el('ul', { class: 'v-conflicts' });
    this.conflictPart = el('section', { class: 'v-part', 'aria-label': 'Conflicts' }, el('h3', { text: 'Conflicts' }), this.conflictWords, this.conflicts);
    this.packagePart = el('section', { class: 'v-part', 'aria-label': 'Packages' }, this.packages.head, this.packages.element);
    this.body = el('div', { class: 'sheet v-sheet', tabindex: '0', role: 'region', 'aria-label': `Versions of ${model.data.name}` }, this.error, this.note, this.facts.element, this.conflictPart, this.packagePart);
    this.element = el('div', { class: 'tool-view' }, el('div', { class: 'tool-bar' }, this.when, el('span', { class: 'spring' }), this.again, this.copy, this.save), this.progress, this.body);
    const { signal } = this.#life;
    app.jobs.addEventListener('change', () => this.#follow(), { signal });
    app.server.addEventListener('link', () => this.#relinked(), { signal });
    this.#render();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    clearInterval(this.#timer);
    if (!shown) return;
    this.#timer = setInterval(() => this.#renderWhen(), TICK);
    void this.#load(!this.#asked);
    this.#asked = true;
  }

  focus() {
    this.body.focus({ preventScroll: true });
  }

  close() {
    this.#life.abort();
    clearInterval(this.#timer);
  }

  get #closed() {
    return this.#life.signal.aborted;
  }

  #relinked() {
    const live = this.app.server.link === 'live';
    if (live && this.#shown) void this.#load(false);
    this.#renderButtons();
  }

  /** What there is; where there is nothing yet, a check. @param {boolean} begin */
  async #load(begin) {
    try {
      const last = await versions.last(this.model.id);
      if (this.#closed) return;
      this.#last = last;
      this.#setError(null);
      if (last.job) await this.#watch(last.job);
      // A server that was started anew knows of no check.
      else this.#job = null;
      this.#render();
      if (begin && !last.job && !last.checked_at) await this.check();
    } catch (error) {
      if (!this.#closed) this.#setError(`What is known could not be read: ${sentence(error)}`);
    }
  }

  async check() {
    if (this.#job) return;
    this.#setError(null);
    this.again.disabled = true;
    try {
      const job = await versions.check(this.model.id);
      if (this.#closed) return;
      this.#job = job.id;
      this.app.jobs.put(job);
      this.#follow();
    } catch (error) {
      if (!this.#closed) this.#setError(`The check could not be started: ${sentence(error)}`);
    } finally {
      this.#renderButtons();
    }
  }

  /** @param {string} id */
  async #watch(id) {
    this.#job = id;
    const job = await versions.job(id);
    if (this.#closed) return;
    this.app.jobs.put(job);
    this.#follow();
  }

  get #present() {
    return this.app.jobs.all.find(({ id }) => id === this.#job) ?? null;
  }

  /** The job has come further. */
  #follow() {
    const job = this.#present;
    if (job && isOver(job)) {
      this.#job = null;
      void this.#ended(job);
    } else if (!job) this.#seekAnother();
    this.#renderProgress(job);
  }

  /** A check that somebody else began, on another page or by a satellite. */
  #seekAnother() {
    const family = this.model.data.parent_instance_id ?? this.model.id;
    const running = this.app.jobs.active.find(({ kind, instance_id }) => kind === 'version-check' && instance_id === family);
    if (running) this.#job = running.id;
    if (running) this.#renderProgress(running);
  }

  /** @param {Job} job */
  async #ended(job) {
    if (job.state === 'done') await this.#load(false);
    else if (job.state === 'cancelled') this.#setError(job.error ?? 'The check was cancelled. What is shown is from the check before it.');
    else this.#setError(job.error ?? 'The check failed.');
    this.#render();
  }

  async #cancel() {
    if (!this.#job) return;
    this.cancel.disabled = true;
    try {
      this.app.jobs.put(await versions.cancel(this.#job));
    } catch (error) {
      this.app.toasts.show('error', `The check goes on: ${sentence(error)}`);
    } finally {
      this.cancel.disabled = false;
    }
  }

  async #copy() {
    const text = this.#last?.text;
    if (!text) return;
    if (await copyText(text)) this.app.toasts.show('ok', 'Copied: the versions as text, for a report.');
    else this.app.toasts.show('error', 'The browser did not let it be copied. Use Download instead.');
  }

  #save() {
    const text = this.#last?.text;
    if (!text) return;
    const url = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }));
    el('a', { href: url, download: `versions-of-${this.model.data.slug}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** @param {string|null} text */
  #setError(text) {
    setText(this.errorText, text ?? '');
    show(this.error, Boolean(text));
  }

  /** @param {Job|null} job */
  #renderProgress(job) {
    const running = Boolean(job && !isOver(job));
    show(this.progress, running);
    this.#renderButtons();
    this.#renderWhen();
    if (!job || !running) return;
    setText(this.phase, job.state === 'queued' ? 'Waiting for other checks…' : `${job.message ?? 'Checking'}…`);
    const known = job.total ? Math.round((job.done / job.total) * 100) : null;
    this.bar.classList.toggle('unknown', known === null);
    this.fill.style.width = known === null ? '' : `${Math.max(4, known)}%`;
    setAttr(this.bar, 'aria-valuenow', known === null ? null : String(known));
  }

  #renderButtons() {
    const checked = Boolean(this.#last?.checked_at);
    this.again.disabled = Boolean(this.#job) || this.app.server.link !== 'live';
    setText(/** @type {Element} */ (this.again.querySelector('.button-label')), checked ? 'Check again' : 'Check now');
    this.copy.disabled = !checked;
    this.save.disabled = !checked;
  }

  #renderWhen() {
    const at = this.#last?.checked_at;
    setText(this.when, at ? `Checked ${ago(at)} ago` : this.#job ? 'Checking for the first time' : 'Not checked yet');
    setAttr(this.when, 'title', at ? moment(at) : null);
  }

  #render() {
    const last = this.#last;
    const known = Boolean(last?.checked_at);
    this.#renderProgress(this.#present);
    const note = last?.note ?? (known && last?.environment && !last.conflicts_by ? 'Conflicts could not be checked.' : null);
    setText(this.noteText, note ?? '');
    show(this.note, Boolean(note));
    show(this.facts.element, known);
    show(this.conflictPart, Boolean(last?.environment && last.conflicts_by));
    show(this.packagePart, Boolean(last?.packages?.length));
    if (!last || !known) return;
    this.facts.render(factsOf(last));
    this.packages.render(last.packages ?? []);
    const conflicts = last.conflicts ?? [];
    const by = last.conflicts_by === 'metadata' ? 'what the packages say of themselves' : last.conflicts_by;
    setText(this.conflictWords, conflicts.length ? `${conflicts.length === 1 ? 'One thing does' : `${conflicts.length} things do`} not go together, by ${by}:` : `None found, by ${by}.`);
    this.conflictWords.classList.toggle('good', conflicts.length === 0);
    this.conflicts.replaceChildren(...conflicts.map(({ text, remedy }) => el('li', {}, icon('warn'), el('div', {}, el('p', { class: 'mono', text }), remedy ? el('p', { class: 'hint', text: remedy }) : null))));
    show(this.conflicts, conflicts.length > 0);
  }
}

/** @param {Versions} last @returns {[string, string|null][]} */
function factsOf(last) {
  const gpus = last.gpus ?? [];
  const kind = last.environment?.kind === 'conda' ? 'conda' : 'venv';
  return [
    ['Python', last.python ?? null],
    ['torch', last.torch ?? null],
    ['CUDA of torch', last.cuda ?? (last.torch ? (last.rocm ? `ROCm ${last.rocm}` : 'none: this torch is for the CPU') : null)],
    ['nvcc', last.nvcc ?? null],
    ['Driver', last.driver ? `${last.driver.version}${last.driver.cuda ? ` (up to CUDA ${last.driver.cuda})` : ''}` : null],
    ['GPUs', gpus.length ? gpus.map(({ id, name, vram_total }) => `${id}: ${name} (${bytes(vram_total)})`).join(', ') : (last.gpu_note ?? 'none')],
    ['Environment', last.environment ? `${last.environment.path} (${kind})` : null],
  ];
}
