// The editor of scripts and settings: CodeMirror 6 with the modes that an instance's files need.
export { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
export { json } from '@codemirror/lang-json';
export { python } from '@codemirror/lang-python';
export { yaml } from '@codemirror/lang-yaml';
export { HighlightStyle, StreamLanguage, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
export { shell } from '@codemirror/legacy-modes/mode/shell';
export { toml } from '@codemirror/legacy-modes/mode/toml';
export { lintGutter, lintKeymap, nextDiagnostic, openLintPanel, setDiagnostics } from '@codemirror/lint';
export { unifiedMergeView } from '@codemirror/merge';
export { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from '@codemirror/search';
export { Compartment, EditorState } from '@codemirror/state';
export {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
export { tags } from '@lezer/highlight';
