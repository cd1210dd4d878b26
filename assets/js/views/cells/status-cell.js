// How an instance is: icon, word, since when, progress, and why.
import { el, setAttr, setText, show } from '../../dom.js';
import { STATUS_WORD, ago, moment, percent, story } from '../../format.js';
import { icon, setIcon } from '../../icons.js';
import { Cell } from './cell.js';

const MOVING = ['installing', 'starting', 'stopping'];

export class StatusCell extends Cell {
  /** The moment that its title tells. @type {string|null|undefined} */
  #worded;

  /** @param {import('./cell.js').App} app @param {import('./cell.js').InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'status');
    this.picture = icon('stopped');
    this.word = el('span', { class: 'status-word' });
    this.since = el('span', { class: 'status-since' });
    this.why = el('span', { class: 'status-why' });
    this.fill = el('span', { class: 'bar-fill' });
    this.figure = el('span', { class: 'bar-figure' });
    this.track = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0', 'aria-valuemax': '100' }, this.fill);
    this.progress = el('span', { class: 'progress' }, this.track, this.figure);
    this.element.append(el('span', { class: 'cell' }, el('span', { class: 'status' }, this.picture, this.word), this.since, this.progress, this.why));
  }

  render() {
    const { data } = this.model;
    setIcon(this.picture, data.status);
    setText(this.word, STATUS_WORD[data.status] ?? data.status);
    const moving = MOVING.includes(data.status);
    const known = moving ? percent(data) : null;
    show(this.progress, moving && (known !== null || data.status === 'installing'));
    this.progress.classList.toggle('unknown', known === null);
    this.fill.style.width = known === null ? '' : `${known}%`;
    setText(this.figure, known === null ? '' : `${Math.round(known)} %`);
    setAttr(this.track, 'aria-valuenow', known === null ? null : String(Math.round(known)));
    setText(this.why, story(data));
    setText(this.since, ago(data.since));
  }

  /** Once a second. The moment in full is there from the first second on: the first date a page words costs more than a row. */
  renderSince() {
    const { since } = this.model.data;
    setText(this.since, ago(since));
    if (since === this.#worded) return;
    this.#worded = since;
    setAttr(this.since, 'title', since ? `Since ${moment(since)}` : null);
  }
}
