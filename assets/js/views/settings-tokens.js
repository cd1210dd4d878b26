// Keys for programs: made with what they may, shown once, taken back.
import { panel } from '../api-panel.js';
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { ago, moment } from '../format.js';
import { copyLine } from './copy-line.js';
import { Dialog, field, showAt, textInput } from './dialog.js';
import { whyNot } from './settings-account.js';
import { linkWith, OPENS_WITH_TOKEN } from './view-link.js';

/** @type {Record<string, string>} */
const SCOPE = { manage: 'Everything: change, start, stop, delete', read: 'Look only: the list, states and logs' };

/** @param {string} scope */
function scopeWords(scope) {
  const [kind, slug] = scope.split(':');
  if (slug && kind === 'instance') return `use ${slug}`;
  if (slug && kind === 'view') return `open ${slug}`;
  return kind;
}

/** @param {import('../app.js').App} app @param {() => void} done */
function openTokenDialog(app, done) {
  const name = field('Name', textInput({ maxlength: '100' }), { wide: true, hint: 'What it is for: “backup script”.' });
  const slugs = app.instances.sorted().map(({ data }) => data);
  const scope = el(
    'select',
    { class: 'input' },
    ...Object.entries(SCOPE).map(([value, text]) => el('option', { value, text })),
    slugs.length ? el('optgroup', { label: 'One instance: start, stop and open it' }, ...slugs.map((one) => el('option', { value: `instance:${one.slug}`, text: one.name }))) : null,
    slugs.length ? el('optgroup', { label: 'One instance: only open it' }, ...slugs.map((one) => el('option', { value: `view:${one.slug}`, text: one.name }))) : null,
  );
  const may = field('It may', scope, { wide: true });
  const dialog = new Dialog({
    title: 'New token',
    submit: 'Make it',
    async onSubmit() {
      name.setError(null);
      if (!name.control.value.trim()) {
        name.setError('It needs a name.');
        return name.focus();
      }
      try {
        const { token } = await panel.createToken(name.control.value.trim(), [scope.value]);
        dialog.close();
        showToken(app, name.control.value.trim(), token, scope.value);
        done();
      } catch (error) {
        showAt(error, { name, scopes: may }, () => null);
      }
    },
  });
  dialog.body.append(el('div', { class: 'form' }, name.element, may.element));
  dialog.open(name.control);
}

/** What else there is to say of a token for one instance: a link that opens it, and what may still be in the way. @param {import('../app.js').App} app @param {string} token @param {string} scope */
function linkOf(app, token, scope) {
  const [kind, slug] = scope.split(':');
  const model = app.instances.sorted().find(({ data }) => data.slug === slug);
  const link = model ? linkWith(model.data, token) : null;
  if (!model || !link) return [];
  const closed = kind === 'view' && model.data.access === 'private';
  return [
    el('p', { text: `This link opens ${model.data.name} in a browser, and nothing else:` }),
    copyLine(app, 'The link', link).element,
    closed ? el('p', { class: 'caution', text: OPENS_WITH_TOKEN(model.data.name) }) : null,
  ];
}

/** The only moment at which it can be read. @param {import('../app.js').App} app @param {string} name @param {string} token @param {string} scope */
function showToken(app, name, token, scope) {
  const line = copyLine(app, 'The token', token);
  const dialog = new Dialog({ title: `The token “${name}”` });
  dialog.body.append(
    el('div', { class: 'form' }, el('p', { text: 'It is shown now and never again. A program sends it as “Authorization: Bearer …”.' }), line.element, ...linkOf(app, token, scope)),
  );
  dialog.open(line.copy);
}

/** @param {import('../app.js').App} app @returns {import('./settings.js').Part} */
export function tokensPart(app) {
  const note = el('p', { class: 'hint', role: 'status' });
  const list = el('ul', { class: 'sheet-list' });
  const add = button('New token', { icon: 'add', on: { click: () => openTokenDialog(app, () => void load()) } });
  const element = el('section', {}, note, list, add);

  /** @param {import('../api-panel.js').Token} token */
  const ask = (token) => {
    const dialog = new Dialog({
      title: `Take the token “${token.name}” back?`,
      className: 'dialog-delete',
      submit: 'Take it back',
      danger: true,
      async onSubmit() {
        await panel.removeToken(token.id);
        dialog.close();
        app.toasts.show('ok', `The token “${token.name}” opens nothing any more.`);
        await load();
      },
    });
    dialog.body.append(el('p', { text: 'Programs that use it are refused from now on.' }));
    dialog.open(dialog.cancel);
  };

  /** @param {import('../api-panel.js').Token} token */
  const line = (token) => {
    const away = button('Take back', { class: 'small', on: { click: () => ask(token) } });
    setAttr(away, 'aria-label', `Take back: ${token.name}`);
    const used = token.last_used_at ? `last used ${ago(token.last_used_at)} ago${token.last_used_from ? ` from ${token.last_used_from}` : ''}` : 'never used';
    return el(
      'li',
      { class: 'sheet-item' },
      el('div', { class: 'sheet-text' }, el('strong', { text: token.name }), ...token.scopes.map((scope) => el('span', { class: 'mark-here', text: scopeWords(scope) })), el('span', { class: 'hint', text: `made ${moment(token.created_at)} · ${used}` })),
      away,
    );
  };

  const load = async () => {
    let text = whyNot(app);
    let able = !text;
    if (!text) {
      try {
        const tokens = await panel.tokens();
        list.replaceChildren(...tokens.map(line));
        if (!tokens.length) text = 'No tokens. A program that talks to AiKore needs one.';
      } catch (error) {
        text = whyNot(app, error) || sentence(error);
        able = false;
      }
    }
    if (!able) list.replaceChildren();
    setText(note, text);
    show(note, Boolean(text));
    show(add, able);
  };
  return { title: 'Tokens', element, ofLogin: true, load: () => void load() };
}
