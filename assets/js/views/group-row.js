// The heading of a group: folds its families away, and can be renamed.
import { el, iconButton, setAttr, setText } from '../dom.js';
import { icon } from '../icons.js';
import { textInput } from './dialog.js';

export class GroupRow {
  /** @param {import('../app.js').App} app @param {string|null} label null: those that are in none */
  constructor(app, label) {
    this.app = app;
    this.label = label;
    this.name = el('span', { class: 'group-name', text: label ?? 'No group' });
    this.count = el('span', { class: 'muted group-count' });
    this.toggle = el('button', { type: 'button', class: 'group-toggle', tabindex: '-1', on: { click: () => this.fold() } }, icon('chevron'), this.name, this.count);
    const rename = label === null ? null : iconButton('edit', `Rename the group ${label}`, () => this.rename(), 'cell-edit');
    if (rename) rename.tabIndex = -1;
    this.box = el('span', { class: 'cell' }, this.toggle, rename);
    this.element = el('tr', { class: 'group-row', role: 'row', tabindex: '-1', 'aria-level': '1' }, el('td', { role: 'gridcell' }, this.box));
    this.body = el('tbody', { class: 'group', role: 'rowgroup', data: { group: label ?? '' } }, this.element);
  }

  /** @param {import('../store.js').InstanceModel[]} models that stand below it @param {boolean} open */
  render(models, open) {
    const running = models.filter(({ data }) => data.status === 'started').length;
    const failed = models.filter(({ data }) => data.status === 'error' || data.status === 'stalled').length;
    setText(this.count, [String(models.length), running ? `${running} started` : '', failed ? `${failed} in trouble` : ''].filter(Boolean).join(' · '));
    setAttr(this.element, 'aria-expanded', String(open));
    setAttr(this.toggle, 'aria-expanded', String(open));
    this.element.classList.toggle('closed', !open);
  }

  /** @param {boolean} [closed] */
  fold(closed = !this.app.columns.isClosed(this.label ?? '')) {
    this.app.columns.fold(this.label ?? '', closed);
  }

  rename() {
    const { label } = this;
    if (label === null || this.box.querySelector('input')) return;
    const input = textInput({ class: 'input cell-input', value: label, maxlength: '60', 'aria-label': `New name of the group ${label}` });
    let open = true;
    /** @param {boolean} keep */
    const leave = (keep) => {
      // Taking the field away takes the focus out of it, which leaves once more.
      if (!open) return;
      open = false;
      const next = input.value.trim();
      input.remove();
      this.toggle.hidden = false;
      if (keep && next && next !== label) void this.app.order.renameGroup(label, next);
    };
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.isComposing || !['Enter', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      leave(event.key === 'Enter');
      this.element.focus();
    });
    input.addEventListener('blur', () => leave(true));
    this.toggle.hidden = true;
    this.box.prepend(input);
    input.focus();
    input.select();
  }

  /** @param {boolean} current */
  setCurrent(current) {
    this.element.tabIndex = current ? 0 : -1;
  }
}
