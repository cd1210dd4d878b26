// The log of one instance: its present run as it is written, or an earlier one.
import { logOf } from '../api-logs.js';
import { el, setAttr, setText } from '../dom.js';
import { STATUS_WORD, story } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { LogReader } from '../logs/reader.js';
import { RunSelect } from '../logs/runs.js';
import { endedBy, take, wanted } from '../logs/wanted.js';

export class LogView {
  #life = new AbortController();

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.model = model;
    const log = logOf(model.id);
    this.reader = new LogReader({ label: `Log of ${model.data.name}`, zoom: 'tool.logs', withTimes: true, server: app.server, socket: log.socket, probe: log.runs, file: log.file });
    this.reader.whenBare = () => this.#bare();
    this.runs = new RunSelect(log.runs, (run) => this.reader.choose(run));
    this.refs = this.#create();
    this.element = this.refs.element;
    const { signal } = this.#life;
    this.reader.addEventListener('run', () => this.runs.refresh(), { signal });
    model.addEventListener('change', (event) => this.#changed(/** @type {CustomEvent<import('../types.js').Instance>} */ (event).detail), { signal });
    model.addEventListener('gone', () => this.close(), { signal });
    wanted.addEventListener('want', (event) => /** @type {CustomEvent<number>} */ (event).detail === model.id && void this.#seek(log.runs), { signal });
    this.#render();
    this.reader.latest();
    void this.#seek(log.runs);
  }

  /** The run that somebody asks for, as far as it is kept. @param {() => Promise<import('../api-logs.js').KeptRun[]>} ask */
  async #seek(ask) {
    const at = take(this.model.id);
    if (!at) return;
    const run = endedBy(await ask().catch(() => []), at);
    if (run && !this.#life.signal.aborted) this.runs.choose(run);
  }

  #create() {
    const { reader, runs } = this;
    const picture = icon('stopped');
    const word = el('span', {});
    const reason = el('span', { class: 'ellipsis muted' });
    const status = el('span', { class: 'status' }, picture, word);
    const bar = el('div', { class: 'tool-bar' }, status, reason, el('span', { class: 'spring' }), runs.element, ...reader.refs.tools);
    return { element: el('div', { class: 'tool-view log-view' }, bar, reader.element), picture, word, reason, status };
  }

  /** The tab is in sight, or no longer. @param {boolean} shown */
  setShown(shown) {
    this.reader.setShown(shown);
  }

  focus() {
    this.reader.pane.focus();
  }

  close() {
    this.#life.abort();
    this.reader.close();
  }

  /** @param {import('../types.js').Instance} former */
  #changed({ run, exit, status }) {
    const { data } = this.model;
    if (data.run !== run || data.exit?.at !== exit?.at || data.status !== status) this.runs.refresh();
    this.#render();
  }

  #bare() {
    if (this.runs.chosen !== null) return 'This run printed nothing.';
    return this.model.data.status === 'stopped' ? 'Nothing here yet. The log begins with the first start.' : 'Nothing yet: waiting for the first line.';
  }

  #render() {
    const { data } = this.model;
    const { picture, word, reason, status } = this.refs;
    setIcon(picture, data.status);
    status.dataset.status = data.status;
    setText(word, STATUS_WORD[data.status]);
    setText(reason, story(data));
    setAttr(reason, 'title', data.reason || null);
  }
}
