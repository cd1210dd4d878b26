// The ways in: path, port, host name; each can be opened and copied. Port and host name are edited here.
import { copyText, el, iconButton, setAttr, setText, show } from '../../dom.js';
import { setIcon } from '../../icons.js';
import { FIELDS, inWords } from '../../table/fields.js';
import { ACCESS_HINT, accessMark, accessSelect } from '../access-select.js';
import { field, textInput, tick } from '../dialog.js';
import { portSelect } from '../port-select.js';
import { PopCell } from './pop-cell.js';

// Two apps in two tabs at their paths share one origin: cookies, storage, and what can be told of a stray request.
const SHARED_ORIGIN = 'Shares the origin of this page. With several apps open in tabs, their port or host name keeps them apart.';
const OWN_ORIGIN = 'An origin of its own: nothing is shared with other apps.';

/** @type {readonly { id: 'path'|'port'|'host', words: string, text: (url: URL) => string, origin: string }[]} */
const WAYS = [
  { id: 'path', words: 'path', text: (url) => url.pathname, origin: SHARED_ORIGIN },
  { id: 'port', words: 'address by port', text: (url) => `:${url.port || (url.protocol === 'https:' ? 443 : 80)}`, origin: OWN_ORIGIN },
  { id: 'host', words: 'address by host name', text: (url) => url.hostname, origin: OWN_ORIGIN },
];

export class AddressCell extends PopCell {
  /** @param {import('./cell.js').App} app @param {import('./cell.js').InstanceModel} model */
  constructor(app, model) {
    super(app, model, 'address');
    this.ways = WAYS.map((way) => {
      // The beginning of a path is the same everywhere: it gives way first.
      const stem = el('span', { class: 'address-stem' });
      const end = el('span', { class: 'address-end' });
      const link = el('a', { class: 'address', target: '_blank', rel: 'noopener' }, stem, end);
      const copy = iconButton('copy', `Copy the ${way.words}`, () => void this.#copy(link, copy), 'copy');
      return { ...way, link, stem, end, copy, element: el('span', { class: `way way-${way.id}` }, link, copy) };
    });
    this.wanted = el('span', { class: 'wanted' });
    this.mark = accessMark();
    const change = iconButton('edit', 'Change port, host name and who may open it', () => this.edit(), 'cell-edit');
    const [path, port, host] = this.ways.map(({ element }) => element);
    this.element.append(el('span', { class: 'cell ways' }, el('span', { class: 'ways-line' }, path, this.mark.element, change), el('span', { class: 'ways-line' }, port, host, this.wanted)));
  }

  render() {
    super.render();
    const { urls, name } = this.model.data;
    this.mark.render(this.model.data);
    for (const { id, link, stem, end, copy, element, text, origin, words } of this.ways) {
      const href = urls[id];
      show(element, Boolean(href));
      if (!href) continue;
      setAttr(link, 'href', href);
      setAttr(link, 'title', `${href}\n${origin}`);
      setAttr(copy, 'aria-label', `Copy the ${words} of ${name}`);
      const shown = text(new URL(href, document.baseURI));
      const cut = id === 'path' ? shown.lastIndexOf('/', shown.length - 2) + 1 : 0;
      setText(stem, shown.slice(0, cut));
      setText(end, shown.slice(cut));
    }
    const drafts = this.fields.flatMap((one) => (this.app.drafts.get(this.model.id, one) ? `${FIELDS[one].label.toLowerCase()} ${inWords(one, this.value(one))}` : []));
    setText(this.wanted, drafts.length ? `→ ${drafts.join(', ')}` : '');
  }

  /** @param {HTMLAnchorElement} link @param {HTMLButtonElement} button */
  async #copy(link, button) {
    const done = await copyText(link.href);
    if (!done) {
      this.app.toasts.show('warn', 'This browser does not let the page copy. Copy the address from the link instead.');
      return;
    }
    const picture = button.querySelector('svg');
    if (!picture) return;
    setIcon(picture, 'check');
    setTimeout(() => setIcon(picture, 'copy'), 1200);
  }

  async controls() {
    const { app, model } = this;
    const free = await app.catalogue.freePorts().catch(() => []);
    const present = /** @type {number|null} */ (FIELDS.port.read(model.data));
    const port = portSelect([...free, ...(present ? [present] : [])], this.value('port'));
    const host = textInput({ value: this.value('hostname') ?? '', placeholder: 'studio.lan', inputmode: 'url' });
    const use = tick('Use the host name', this.value('use_custom_hostname'));
    const access = accessSelect(this.value('access'));
    const set = () => {
      app.drafts.set(model, 'access', access.value);
      app.drafts.set(model, 'port', port.value ? Number(port.value) : null);
      app.drafts.set(model, 'hostname', host.value.trim() || null);
      app.drafts.set(model, 'use_custom_hostname', use.input.checked);
    };
    port.addEventListener('change', set);
    access.addEventListener('change', set);
    use.input.addEventListener('change', set);
    host.addEventListener('input', () => {
      use.input.checked = host.value.trim() !== '';
      set();
    });
    const content = [
      el('div', { class: 'form' }, field('Public port', port, { hint: 'Moves at once, without a restart.' }).element, field('Host name', host, { hint: 'A name that leads to this machine. Empty: none.' }).element, use.element, field('Who may open it', access, { hint: ACCESS_HINT }).element),
    ];
    return { content, first: port };
  }
}
