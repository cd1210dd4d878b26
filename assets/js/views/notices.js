// The notices the server keeps, for Activity.
import { noticesApi } from '../api-notices.js';
import { sentence } from '../api.js';
import { button, el, iconButton, setText, show } from '../dom.js';
import { moment } from '../format.js';
import { icon } from '../icons.js';
import { noticeKind } from '../notices.js';

/** @typedef {import('../app.js').App} App */

/** So many are shown at first, and with each wish for more. */
const PAGE = 40;

export class NoticeList {
  #life = new AbortController();
  #shown = false;
  #most = PAGE;
  #busy = false;
  #again = false;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.list = el('ul', { class: 'messages notices' });
    this.note = el('p', { class: 'hint', role: 'status' });
    this.all = button('Mark all read', { quiet: true, class: 'small', on: { click: () => void this.#read(null) } });
    this.more = button('Show older', { class: 'small', on: { click: () => this.#older() } });
    this.element = el(
      'section',
      { class: 'sheet-part', 'aria-label': 'Notices', tabindex: '-1' },
      el('div', { class: 'sheet-head' }, el('h3', { text: 'Notices' }), this.all),
      this.note,
      this.list,
      this.more,
    );
    const { signal } = this.#life;
    app.notices.addEventListener('change', () => this.#render(), { signal });
    app.notices.addEventListener('stale', () => this.#shown && void this.#load(), { signal });
    app.notices.addEventListener('wanted', () => this.#come(), { signal });
    app.instances.addEventListener('remove', () => this.#render(), { signal });
    this.#render();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    if (!shown) return;
    void this.#load();
    this.#come();
  }

  close() {
    this.#life.abort();
  }

  /** Into sight, if that is what somebody came for. */
  #come() {
    if (!this.app.notices.wanted || !this.#shown) return;
    this.app.notices.wanted = false;
    this.element.scrollIntoView({ block: 'nearest' });
    this.element.focus({ preventScroll: true });
  }

  async #load() {
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    try {
      const { notices, unread } = await noticesApi.list();
      this.app.notices.replace(notices, unread);
    } catch (error) {
      this.#say(sentence(error));
    } finally {
      this.#busy = false;
    }
    if (this.#again) void this.#load();
  }

  /** @param {number[]|null} ids null: all that are known here */
  async #read(ids) {
    const newest = this.app.notices.list?.[0]?.id;
    if (!ids && !newest) return;
    try {
      await noticesApi.read(ids ? { ids } : { up_to: newest ?? 0 });
      // What that changes comes by the events, in every page.
    } catch (error) {
      this.app.toasts.show('error', `They are not marked: ${sentence(error)}`);
    }
  }

  #older() {
    const before = this.list.childElementCount;
    this.#most += PAGE;
    this.#render();
    /** @type {HTMLElement|null|undefined} */ (this.list.children[before]?.querySelector('button'))?.focus();
  }

  /** @param {string} text */
  #say(text) {
    setText(this.note, text);
    show(this.note, Boolean(text));
  }

  /** @param {import('../notices.js').KeptNotice} notice */
  #line({ id, kind, level, text, instance_id, at, read }) {
    const { picture, word } = noticeKind(kind);
    const model = this.app.instances.get(instance_id);
    const goTo = model && button(model.data.name, { quiet: true, class: 'notice-where', title: `Show ${model.data.name} in the list`, on: { click: () => this.#goTo(model.id) } });
    const mark = !read && id !== null && iconButton('check', 'Mark read', () => void this.#read([id]), 'notice-read');
    if (mark) mark.setAttribute('aria-label', `Mark read: ${text}`);
    return el(
      'li',
      { class: `message notice message-${level}`, data: { id: String(id), read: String(read), kind } },
      icon(picture),
      el('p', {}, read ? null : el('span', { class: 'unseen', text: 'Unread. ' }), text),
      mark,
      el('p', { class: 'hint notice-facts' }, el('span', { text: word }), el('time', { datetime: at, text: moment(at) }), goTo),
    );
  }

  /** @param {number} id */
  #goTo(id) {
    this.app.tools.leave();
    this.app.table.focusRow(id);
  }

  #render() {
    const { list, unread } = this.app.notices;
    const focused = /** @type {HTMLElement|null} */ (document.activeElement)?.closest('.notice');
    const at = focused && this.list.contains(focused) ? [...this.list.children].indexOf(focused) : -1;
    this.list.replaceChildren(...(list ?? []).slice(0, this.#most).map((notice) => this.#line(notice)));
    // Whoever marks one after the other by keyboard goes on with the next.
    if (at >= 0) {
      const next = [...this.list.children].slice(at).find((line) => line.querySelector('.notice-read')) ?? this.list.children[at];
      (/** @type {HTMLElement|null|undefined} */ (next?.querySelector('.notice-read, button')) ?? this.element).focus({ preventScroll: true });
    }
    this.#say(list?.length === 0 ? 'Nothing yet. When an instance is ready, crashes or has done its work, or a disk is nearly full, it is told here. Settings can send it elsewhere too.' : list ? '' : this.note.textContent ?? '');
    show(this.all, unread > 0 && Boolean(list?.length));
    show(this.more, (list?.length ?? 0) > this.#most);
  }
}
