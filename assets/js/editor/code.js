// CodeMirror as our tools use it: one text, its problems, and a comparison with another text.
import {
  Compartment,
  EditorState,
  EditorView,
  bracketMatching,
  defaultKeymap,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentOnInput,
  indentUnit,
  indentWithTab,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  nextDiagnostic,
  openLintPanel,
  openSearchPanel,
  search,
  searchKeymap,
  setDiagnostics,
  unifiedMergeView,
} from '../../vendor/codemirror.js';
import { button, el } from '../dom.js';
import { languageOf, modeOf } from './modes.js';
import { theme } from './theme.js';

/** @typedef {import('../api-editor.js').Problem} Problem */
/** @typedef {{ accept: string, reject: string }} Words of the buttons at each difference */

const SEVERITY = /** @type {const} */ ({ error: 'error', warning: 'warning', info: 'info', style: 'hint' });
const LONG = 400;

/** Emits `change` when the person has changed the text. */
export class Code extends EventTarget {
  #readOnly = new Compartment();
  #merge = new Compartment();
  /** @type {Problem[]} */
  #problems = [];

  /** @param {{ label: string, name: string, readOnly?: boolean, onSave?: () => void }} options `name`: of the file, by which it is coloured */
  constructor({ label, name, readOnly = false, onSave = () => {} }) {
    super();
    this.name = name;
    this.label = label;
    this.onSave = onSave;
    this.element = el('div', { class: 'code' });
    this.view = new EditorView({ parent: this.element, state: this.#state('', readOnly) });
    // Esc is the editor's own here: before Tab it leaves the text, and it closes the search.
    this.element.addEventListener('keydown', (event) => event.key === 'Escape' && event.stopPropagation());
  }

  /** @param {string} text @param {boolean} readOnly */
  #state(text, readOnly) {
    const { name } = this;
    // Line ends stay what they are: where they differ from each other, each `\r` is a letter.
    const crlf = text.includes('\n') && !/(^|[^\r])\n/.test(text) && !/\r(?!\n)/.test(text);
    return EditorState.create({
      doc: text,
      extensions: [
        EditorState.lineSeparator.of(crlf ? '\r\n' : '\n'),
        lintGutter(),
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of(modeOf(name) === 'python' ? '    ' : '  '),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: true }),
        languageOf(name),
        EditorState.phrases.of({ 'No diagnostics': 'No problems', Diagnostics: 'Problems', regexp: 'pattern' }),
        theme,
        keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => (this.onSave(), true) }, ...searchKeymap, ...historyKeymap, ...lintKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ 'aria-label': this.label, tabindex: '0', autocapitalize: 'off', spellcheck: 'false' }),
        EditorView.updateListener.of(({ docChanged }) => docChanged && this.dispatchEvent(new Event('change'))),
        this.#readOnly.of(this.#locked(readOnly)),
        this.#merge.of([]),
      ],
    });
  }

  /** Read only, and still to be walked through by keyboard. @param {boolean} readOnly */
  #locked(readOnly) {
    return readOnly ? [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-readonly': 'true' })] : [];
  }

  get text() {
    return this.view.state.sliceDoc();
  }

  get readOnly() {
    return this.view.state.readOnly;
  }

  /** Shows a text; what was typed before is forgotten. @param {string} text */
  open(text) {
    const { readOnly } = this;
    this.view.setState(this.#state(text, readOnly));
  }

  /** Puts a text in the place of what is there, which can be undone. @param {string} text */
  replace(text) {
    const { state } = this.view;
    if (text === state.sliceDoc()) return;
    this.view.dispatch({ changes: { from: 0, to: state.doc.length, insert: state.toText(text) }, scrollIntoView: false });
  }

  /** @param {boolean} readOnly */
  setReadOnly(readOnly) {
    if (readOnly !== this.readOnly) this.view.dispatch({ effects: this.#readOnly.reconfigure(this.#locked(readOnly)) });
  }

  /** @param {Problem[]} problems */
  setProblems(problems) {
    this.#problems = problems;
    const { doc } = this.view.state;
    /** @param {number} line @param {number} column 0: the end of the line */
    const place = (line, column) => {
      if (line > doc.lines) return doc.length;
      const { from, to } = doc.line(Math.max(1, line));
      return column === 0 ? to : Math.min(to, from + column - 1);
    };
    const found = problems.map(({ line, column, end_line, end_column, level, code, message, by }) => {
      const from = place(line, column);
      return { from, to: Math.max(from, place(end_line, end_column)), severity: SEVERITY[level], source: [by, code].filter(Boolean).join(' '), message };
    });
    this.view.dispatch(setDiagnostics(this.view.state, found));
  }

  /** The list of problems, and the first of them. */
  showProblems() {
    if (!this.#problems.length) return;
    openLintPanel(this.view);
    nextDiagnostic(this.view);
  }

  /** Shows how it differs from another text, or no longer. @param {string|null} original @param {Words} [words] with buttons at each difference */
  compare(original, words) {
    const { state } = this.view;
    const controls = words
      ? (/** @type {'accept'|'reject'} */ kind, /** @type {(event: MouseEvent) => void} */ act) => button(words[kind], { class: 'small', on: { mousedown: act } })
      : false;
    const view =
      original === null
        ? []
        : unifiedMergeView({
            original: state.toText(original),
            mergeControls: controls,
            gutter: true,
            highlightChanges: true,
            syntaxHighlightDeletions: false,
            ...(state.doc.lines > LONG ? { collapseUnchanged: { margin: 3, minSize: 8 } } : {}),
          });
    this.view.dispatch({ effects: this.#merge.reconfigure(view) });
  }

  find() {
    openSearchPanel(this.view);
  }

  focus() {
    this.view.focus();
  }

  /** It may have got another size while it was not in sight. */
  measure() {
    this.view.requestMeasure();
  }

  close() {
    this.view.destroy();
  }
}

