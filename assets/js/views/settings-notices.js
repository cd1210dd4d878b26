// Where notices go beside the dashboard: notifications of this browser, and targets elsewhere.
import { noticesApi } from '../api-notices.js';
import { sentence } from '../api.js';
import { button, el, setAttr, setText, show } from '../dom.js';
import { ago } from '../format.js';
import { icon } from '../icons.js';
import { NOTICE_KINDS, noticeKind } from '../notices.js';
import { Dialog, tick } from './dialog.js';
import { openTargetDialog, TARGET_KINDS } from './notice-target-dialog.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../api-notices.js').Target} Target */

/** @param {string[]} wants */
function wantsWords(wants) {
  if (wants.length === NOTICE_KINDS.length) return 'all notices';
  return wants.map((kind) => noticeKind(kind).word.toLowerCase().replace('gpu', 'GPU')).join(', ');
}

/** The switch for this browser. @param {App} app @param {AbortSignal} signal */
function browserSwitch(app, signal) {
  const { browserNotices } = app;
  const made = tick('Browser notifications', false, ' ');
  const why = el('p', { class: 'field-error', role: 'alert', hidden: true });
  const hint = /** @type {HTMLElement} */ (made.element.querySelector('.hint'));
  /** @param {string} [refused] */
  const render = (refused = '') => {
    made.input.checked = browserNotices.on;
    const words = refused || browserNotices.obstacle;
    setText(hint, 'Of this browser alone, while a page of the dashboard is open in it and is not looked at.');
    setText(why, words);
    show(why, Boolean(words));
  };
  made.input.addEventListener('change', async () => {
    if (!made.input.checked) browserNotices.turnOff();
    // The browser asks the person only because of a click.
    else render(await browserNotices.turnOn());
  });
  browserNotices.addEventListener('change', () => render(), { signal });
  render();
  return { element: el('div', { class: 'notice-switch' }, made.element, why), render };
}

/** One target: made once, then only changed. @param {App} app @param {() => void} reload */
function targetLine(app, reload) {
  /** @type {Target} */
  let target;
  const name = el('strong', {});
  const kind = el('span', { class: 'mark-here' });
  const off = el('span', { class: 'mark-here', text: 'off' });
  const facts = el('span', { class: 'hint target-facts' });
  const error = el('p', { class: 'target-error' }, icon('error'));
  const errorText = error.appendChild(el('span', {}));
  const answer = el('p', { class: 'target-answer', role: 'status', hidden: true });
  const test = button('Test', { class: 'small' });
  test.addEventListener('click', async () => {
    // Not `disabled`: that would take the focus away.
    if (test.getAttribute('aria-disabled') === 'true') return;
    setAttr(test, 'aria-disabled', 'true');
    setText(answer, 'Sending …');
    answer.dataset.ok = '';
    show(answer, true);
    try {
      const { ok, detail } = await noticesApi.testTarget(target.id);
      answer.dataset.ok = String(ok);
      setText(answer, ok ? `It has arrived: ${detail}` : `It was not taken: ${detail}`);
    } catch (error) {
      answer.dataset.ok = 'false';
      setText(answer, sentence(error));
    } finally {
      setAttr(test, 'aria-disabled', null);
    }
    reload();
  });
  const change = button('Change', { class: 'small', on: { click: () => openTargetDialog(target, () => reload()) } });
  const away = button('Remove', { class: 'small', on: { click: () => ask(app, target, reload) } });
  const element = el('li', { class: 'sheet-item target' }, el('div', { class: 'sheet-text' }, name, kind, off, facts, error, answer), el('div', { class: 'target-actions' }, test, change, away));
  return {
    element,
    /** @param {Target} next */
    render(next) {
      target = next;
      element.dataset.id = String(target.id);
      setText(name, target.name);
      setText(kind, TARGET_KINDS[target.kind]?.word ?? target.kind);
      show(off, !target.enabled);
      const sent = target.last_sent_at ? `last sent ${ago(target.last_sent_at)} ago` : 'nothing sent yet';
      setText(facts, `${target.url} · ${wantsWords(target.wants)} · ${sent}`);
      // What a test has just said stands there already.
      const said = !answer.hidden && Boolean(answer.textContent?.includes(target.last_error ?? ''));
      show(error, Boolean(target.last_error) && !said);
      setText(errorText, target.last_error ? `${ago(target.last_error_at)} ago: ${target.last_error}` : '');
      for (const [one, word] of /** @type {const} */ ([[test, 'Test'], [change, 'Change'], [away, 'Remove']])) setAttr(one, 'aria-label', `${word}: ${target.name}`);
    },
  };
}

/** @param {App} app @param {Target} target @param {() => void} done */
function ask(app, target, done) {
  const dialog = new Dialog({
    title: `Remove the target “${target.name}”?`,
    className: 'dialog-delete',
    submit: 'Remove it',
    danger: true,
    async onSubmit() {
      await noticesApi.removeTarget(target.id);
      dialog.close();
      app.toasts.show('ok', `“${target.name}” hears of nothing any more.`);
      done();
    },
  });
  dialog.body.append(el('p', { text: 'Its address and its secret are forgotten.' }));
  dialog.open(dialog.cancel);
}

/** @param {App} app @returns {import('./settings.js').Part} */
export function noticesPart(app) {
  const life = new AbortController();
  const browser = browserSwitch(app, life.signal);
  const note = el('p', { class: 'hint', role: 'status' });
  const list = el('ul', { class: 'sheet-list targets' });
  /** @type {Map<number, ReturnType<typeof targetLine>>} */
  const lines = new Map();
  const add = button('New target', { icon: 'add', on: { click: () => openTargetDialog(null, () => void load()) } });
  const element = el('section', {}, browser.element, el('h4', { text: 'Targets' }), note, list, add);

  const load = async () => {
    let text = '';
    let able = true;
    try {
      const targets = await noticesApi.targets();
      for (const [id, line] of lines) {
        if (targets.some((target) => target.id === id)) continue;
        line.element.remove();
        lines.delete(id);
      }
      targets.forEach((target, at) => {
        let line = lines.get(target.id);
        if (!line) lines.set(target.id, (line = targetLine(app, () => void load())));
        line.render(target);
        // What is in its place stays there: moving it would take the focus.
        if (list.children[at] !== line.element) list.insertBefore(line.element, list.children[at] ?? null);
      });
      if (!targets.length) text = 'None yet. A phone by ntfy, a Discord channel or a program of yours can be told too.';
    } catch (error) {
      text = sentence(error);
      able = false;
    }
    setText(note, text);
    show(note, Boolean(text));
    show(add, able);
  };
  return {
    title: 'Notices',
    element,
    load: () => {
      browser.render();
      void load();
    },
    close: () => life.abort(),
  };
}
