// The list of blueprints: one's own, the stock ones, and those that were deleted.
import { button, el, iconButton, setAttr, setText, show } from '../dom.js';
import { draftKeys } from '../editor/drafts.js';
import { moment } from '../format.js';

/** @typedef {import('../types.js').Blueprint} Blueprint */
/** @typedef {import('../api-editor.js').OwnBlueprint} OwnBlueprint */
/** @typedef {import('../api-editor.js').DeletedBlueprint} DeletedBlueprint */
/** @typedef {{ filename: string, origin: 'stock'|'custom', shadows: boolean, used_by: string[], unsaved: boolean }} Line `shadows`: there is one of this name on the other side */

/** @param {string} title */
function group(title) {
  const list = el('ul', { class: 'blueprint-lines', 'aria-label': title });
  return { list, element: el('div', { class: 'blueprint-group' }, el('h3', { text: title }), list) };
}

export class BlueprintList {
  /** @type {Map<string, { line: Line, button: HTMLButtonElement }>} */
  #lines = new Map();
  #marked = '';
  #drawn = '';

  /** @param {{ onOpen: (line: Line) => void, onPutBack: (filename: string) => void, onForget: (filename: string, at: string) => void }} what */
  constructor({ onOpen, onPutBack, onForget }) {
    this.what = { onOpen, onPutBack, onForget };
    this.note = el('p', { class: 'nothing', role: 'status', text: 'Reading…' });
    this.own = group('Your own');
    this.stock = group('Stock');
    this.deleted = group('Deleted');
    this.bare = el('p', { class: 'hint', text: 'None yet. Copy a stock one, or save the script of an instance as a blueprint.' });
    this.own.element.append(this.bare);
    this.element = el('div', { class: 'blueprint-list', tabindex: '0', role: 'region', 'aria-label': 'List of blueprints' }, this.note, this.own.element, this.stock.element, this.deleted.element);
    for (const { element } of [this.own, this.stock, this.deleted]) show(element, false);
  }

  /** @param {Blueprint[]} stock @param {OwnBlueprint[]} own @param {DeletedBlueprint[]} deleted */
  set(stock, own, deleted) {
    const unsaved = new Set(draftKeys('blueprint.custom.').map((key) => key.slice('blueprint.custom.'.length)));
    const custom = own.map((one) => ({ ...one, origin: /** @type {const} */ ('custom'), unsaved: unsaved.has(one.filename) }));
    const shipped = stock.map(({ filename }) => {
      const twin = custom.find((one) => one.filename === filename);
      return { filename, origin: /** @type {const} */ ('stock'), shadows: Boolean(twin), used_by: [], unsaved: false };
    });
    show(this.note, false);
    // What has not changed is not drawn again: the focus stays where it is.
    const drawn = JSON.stringify([shipped, custom, deleted]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = [...this.#lines].find(([, line]) => line.button === document.activeElement)?.[0];
    this.#lines.clear();
    this.own.list.replaceChildren(...custom.map((line) => this.#line(line)));
    this.stock.list.replaceChildren(...shipped.map((line) => this.#line(line)));
    this.deleted.list.replaceChildren(...deleted.map((one) => this.#deletedLine(one)));
    show(this.own.element, true);
    show(this.bare, custom.length === 0);
    show(this.stock.element, shipped.length > 0);
    show(this.deleted.element, deleted.length > 0);
    this.#markAgain();
    if (focused) this.#lines.get(focused)?.button.focus();
  }

  /** @param {Line} line */
  #line(line) {
    const tag = line.shadows ? (line.origin === 'custom' ? 'instead of stock' : 'replaced by yours') : '';
    const made = el('button', { type: 'button', class: 'blueprint-line' }, el('span', { class: 'ellipsis mono', text: `${line.unsaved ? '● ' : ''}${line.filename}` }), tag ? el('span', { class: 'mark-here', text: tag }) : null);
    if (line.unsaved) setAttr(made, 'title', 'It has unsaved edits.');
    made.addEventListener('click', () => this.what.onOpen(line));
    this.#lines.set(`${line.origin}.${line.filename}`, { line, button: made });
    return el('li', {}, made);
  }

  /** @param {DeletedBlueprint} deleted */
  #deletedLine({ filename, at }) {
    return el(
      'li',
      { class: 'blueprint-gone' },
      el('span', { class: 'ellipsis' }, el('span', { class: 'mono', text: filename }), el('span', { class: 'hint', text: moment(at) })),
      button('Put back', { class: 'small', icon: 'undo', title: `Put back ${filename}`, on: { click: () => this.what.onPutBack(filename) } }),
      iconButton('delete', `Delete ${filename} for good`, () => this.what.onForget(filename, at)),
    );
  }

  /** @param {string} filename @param {'stock'|'custom'} origin */
  find(filename, origin) {
    return this.#lines.get(`${origin}.${filename}`)?.line;
  }

  /** @param {Line} line which is open */
  mark(line) {
    this.#marked = `${line.origin}.${line.filename}`;
    this.#markAgain();
  }

  #markAgain() {
    for (const [key, { button: one }] of this.#lines) setAttr(one, 'aria-current', key === this.#marked ? 'true' : null);
  }

  /** @param {string} words */
  fail(words) {
    setText(this.note, `The blueprints could not be read: ${words}`);
    show(this.note, true);
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }
}
