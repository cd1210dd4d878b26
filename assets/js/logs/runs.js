// Which run's log is shown: the present one, or one of those that are kept.
import { el, setAttr } from '../dom.js';
import { bytes } from '../format.js';

/** @typedef {import('../api-logs.js').KeptRun} KeptRun */

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** How a run ended, as far as known. @param {KeptRun} run */
function end({ exit, ended_at: endedAt }) {
  if (!exit) return endedAt ? 'its end is not known' : 'now';
  if (exit.signal) return `ended by signal ${exit.signal}`;
  return exit.code === 0 ? 'ended well' : `exit code ${exit.code}`;
}

/** @param {KeptRun} run */
function words(run) {
  const began = run.started_at ? when.format(new Date(run.started_at)) : 'start not known';
  const lost = run.lost ? `, ${bytes(run.lost)} lost` : '';
  return `Run ${run.number} · ${began} · ${end(run)} · ${bytes(run.size)}${lost}`;
}

export class RunSelect {
  /** @type {string|null} */
  chosen = null;
  #asked = 0;

  /** @param {() => Promise<KeptRun[]>} ask @param {(run: string|null) => void} onChoose */
  constructor(ask, onChoose) {
    this.ask = ask;
    this.onChoose = onChoose;
    this.element = el('select', { class: 'input log-runs', 'aria-label': 'Run', title: 'Which run’s log is shown' }, el('option', { value: '', text: 'Latest run' }));
    this.element.addEventListener('change', () => {
      this.chosen = this.element.value || null;
      onChoose(this.chosen);
    });
    this.refresh();
  }

  /** As if a person had chosen it. @param {string} run */
  choose(run) {
    this.chosen = run;
    this.onChoose(run);
    this.refresh();
  }

  /** Asks again which there are. What can't be found out now is asked at the next occasion: the log itself says what is wrong. */
  refresh() {
    const asked = ++this.#asked;
    void this.ask().then(
      (runs) => asked === this.#asked && this.#fill(runs),
      () => {},
    );
  }

  /** @param {KeptRun[]} runs the newest first */
  #fill(runs) {
    const kept = runs.map((run, at) => ({ value: at === 0 ? '' : run.run, text: at === 0 ? `Latest: ${words(run)}` : words(run) }));
    const wanted = kept.length ? kept : [{ value: '', text: 'Latest run' }];
    if (this.chosen !== null && !wanted.some(({ value }) => value === this.chosen)) {
      const isLatest = runs[0]?.run === this.chosen;
      wanted.push({ value: this.chosen, text: isLatest ? words(runs[0]) : 'A run that is no longer kept' });
    }
    const { element } = this;
    while (element.options.length > wanted.length) element.options[element.options.length - 1].remove();
    for (const [at, { value, text }] of wanted.entries()) {
      const option = element.options[at] ?? element.appendChild(el('option', {}));
      if (option.value !== value) option.value = value;
      if (option.text !== text) option.text = text;
    }
    element.value = this.chosen ?? '';
    setAttr(element, 'title', element.selectedOptions[0]?.text ?? null);
  }
}
