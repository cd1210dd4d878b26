// The bar above a text: its state, its problems, finding, comparing, its history, and what is done with it.
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { icon } from '../icons.js';

/** @typedef {import('./code-pane.js').CodePane} CodePane */
/** @typedef {import('./code-pane.js').Compared} Compared */

/** @param {number} count */
const problemWords = (count) => (count === 1 ? '1 problem' : `${count} problems`);

export class EditorBar {
  /** @type {CodePane|null} */
  #pane = null;

  /**
   * @param {{ lead?: Node[], buttons?: Node[], onHistory: () => void }} parts `lead` stands first, `buttons` last
   */
  constructor({ lead = [], buttons = [], onHistory }) {
    this.state = el('span', { class: 'editor-state', role: 'status' });
    this.problemIcon = icon('check');
    this.problemText = el('span', {});
    this.problems = el('button', { type: 'button', class: 'editor-problems', on: { click: () => this.#pane?.code.showProblems() } }, this.problemIcon, this.problemText);
    this.find = iconButton('search', 'Find in the text (Ctrl F)', () => this.#pane?.code.find());
    this.compare = el('select', { class: 'input editor-compare', 'aria-label': 'Compare the text' });
    this.compare.addEventListener('change', () => void this.#pane?.compare(/** @type {Compared} */ (this.compare.value)));
    this.history = iconButton('history', 'History: the last saves', onHistory);
    this.save = button('Save', { icon: 'save', primary: true, class: 'small', title: 'Save (Ctrl S)', on: { click: () => void this.#pane?.save() } });
    setAttr(this.save, 'aria-keyshortcuts', 'Control+S');
    this.element = el('div', { class: 'tool-bar editor-bar' }, ...lead, this.state, this.problems, el('span', { class: 'spring' }), this.find, this.compare, this.history, ...buttons, this.save);
  }

  /** @param {CodePane|null} pane */
  use(pane) {
    this.#pane = pane;
    this.render();
  }

  render() {
    const pane = this.#pane;
    const ready = Boolean(pane?.session.opened);
    setText(this.state, pane?.words ?? '');
    this.state.dataset.state = pane?.session.theirs ? 'conflict' : pane?.session.isDirty ? 'unsaved' : 'saved';
    for (const one of [this.find, this.history]) one.disabled = !ready;
    this.#renderProblems();
    this.#renderCompare(ready);
    const session = pane?.session;
    show(this.save, !session?.readOnly);
    this.save.disabled = !ready || session?.busy === 'saving' || (!session?.isDirty && session?.opened?.exists !== false);
  }

  #renderProblems() {
    const report = this.#pane?.checker.report;
    const count = report?.problems.length ?? 0;
    const known = Boolean(report?.checked_by.length || report?.note);
    show(this.problems, known);
    setText(this.problemText, count ? problemWords(count) : report?.note && !report.checked_by.length ? 'Not checked' : 'No problems');
    this.problems.dataset.level = report?.problems.some(({ level }) => level === 'error') ? 'bad' : count ? 'warn' : 'ok';
    this.problems.disabled = count === 0;
    const by = report?.checked_by.length ? `Checked by ${report.checked_by.join(' and ')}.` : '';
    setAttr(this.problems, 'title', [by, report?.note, count ? 'F8: the next problem.' : ''].filter(Boolean).join(' '));
    const svg = count ? 'warn' : 'check';
    if (this.problemIcon.dataset.icon !== svg) {
      const next = icon(svg);
      this.problemIcon.replaceWith(next);
      this.problemIcon = next;
    }
  }

  /** @param {boolean} ready */
  #renderCompare(ready) {
    const pane = this.#pane;
    const { compare } = this;
    /** @type {[Compared, string][]} */
    const wanted = [['nothing', 'No comparison']];
    if (pane && !pane.session.readOnly) wanted.push(['saved', 'Compare with what is saved']);
    const from = pane?.session.opened?.from?.filename;
    if (from) wanted.push(['from', `Compare with ${from}`]);
    if (pane?.session.theirs && pane.session.theirs.content !== null) wanted.push(['theirs', 'Compare with the disk']);
    const key = JSON.stringify(wanted);
    if (compare.dataset.options !== key) {
      compare.dataset.options = key;
      compare.replaceChildren(...wanted.map(([value, text]) => el('option', { value, text })));
    }
    compare.disabled = !ready;
    compare.value = pane?.compared ?? 'nothing';
  }
}
