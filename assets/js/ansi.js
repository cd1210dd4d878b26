// Colours of a terminal as elements. ansi_up parses; what it finds is put in as text, never as HTML.
import { AnsiUp } from '../vendor/ansi_up.js';

/** @typedef {{ rgb: number[], class_name: string }} Colour */
/** @typedef {{ text: string, bold: boolean, faint: boolean, italic: boolean, underline: boolean, fg: Colour|null, bg: Colour|null }} Piece */

/** The sixteen named colours follow the theme; the others are as sent. @param {Colour} colour */
const isNamed = (colour) => colour.class_name !== 'truecolor';

/** @param {Colour} colour */
const rgb = (colour) => `rgb(${colour.rgb.map(Number).join(',')})`;

/** @param {Piece} piece @returns {Node} */
function node(piece) {
  const { text, fg, bg, bold, faint, italic, underline } = piece;
  if (!fg && !bg && !bold && !faint && !italic && !underline) return document.createTextNode(text);
  const span = document.createElement('span');
  span.textContent = text;
  if (bold) span.classList.add('a-bold');
  if (faint) span.classList.add('a-faint');
  if (italic) span.classList.add('a-italic');
  if (underline) span.classList.add('a-underline');
  if (bg) {
    if (isNamed(bg)) span.classList.add(`${bg.class_name}-bg`);
    else span.style.backgroundColor = rgb(bg);
  }
  if (fg) {
    if (isNamed(fg)) span.classList.add(`${fg.class_name}-fg`);
    else if (bg) span.style.color = rgb(fg);
    else {
      span.classList.add('a-own');
      span.style.setProperty('--own', rgb(fg));
    }
  }
  return span;
}

/** One line with colour sequences as nodes. @param {string} line @returns {DocumentFragment} */
export function coloured(line) {
  const fragment = document.createDocumentFragment();
  if (!line.includes('\u001b')) {
    if (line) fragment.append(line);
    return fragment;
  }
  // Its own renderer makes HTML strings; ours collects the same pieces as nodes.
  const parser = /** @type {any} */ (new AnsiUp());
  parser.transform_to_html = (/** @type {Piece} */ piece) => {
    if (piece.text) fragment.append(node(piece));
    return '';
  };
  parser.process_hyperlink = (/** @type {{ text: string }} */ { text }) => {
    fragment.append(text);
    return '';
  };
  // The reset makes it give up text it might hold back at the end.
  parser.ansi_to_html(`${line}\u001b[0m`);
  return fragment;
}
