// The log of one instance: colours, following, finding, wrapping, download.
import { api, sentence } from '../api.js';
import { el, iconButton, setAttr, setText, show } from '../dom.js';
import { STATUS_WORD, story } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { LogFeed } from '../log-feed.js';
import { recall, remember } from '../prefs.js';
import { LogFind } from './log-find.js';
import { LogLines } from './log-lines.js';

const POLL = 1000;
const NEAR = 24;

export class LogView {
  #life = new AbortController();
  #follow = true;
  /** True while a jump of ours moves the view, so that it is not taken for the reader's. */
  #moving = false;

  /** @param {import('../store.js').InstanceModel} model */
  constructor(model) {
    this.model = model;
    this.lines = new LogLines();
    this.find = new LogFind(this.lines, () => this.#setFollow(false));
    this.feed = new LogFeed(model);
    this.refs = this.#create();
    this.element = this.refs.element;
    this.refs.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#toEnd()).observe(this.refs.scroller);
    this.#setFollow(true);
    this.#setWrap(recall('wrap', 'on') === 'on');
    const { signal } = this.#life;
    this.feed.addEventListener('text', (event) => this.#add(/** @type {CustomEvent<string>} */ (event).detail), { signal });
    this.feed.addEventListener('clear', () => this.#clear(), { signal });
    this.feed.addEventListener('state', () => this.#renderState(), { signal });
    model.addEventListener('change', () => this.#renderState(), { signal });
    this.timer = setInterval(() => this.#poll(), POLL);
    this.#renderState();
  }

  #create() {
    const { model, lines, find } = this;
    const note = el('p', { class: 'log-note', hidden: true });
    const scroller = el('div', { class: 'log', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': `Log of ${model.data.name}` }, note, lines.element);
    const follow = iconButton('follow', 'Follow the end', () => this.#setFollow(!this.#follow));
    const wrap = iconButton('wrap', 'Wrap long lines', () => this.#setWrap(recall('wrap', 'on') !== 'on'));
    const picture = icon('stopped');
    const word = el('span', {});
    const reason = el('span', { class: 'ellipsis muted' });
    const status = el('span', { class: 'status' }, picture, word);
    const download = el('a', { class: 'icon-button', href: api.logFile(model.id), download: true, title: 'Download the log', 'aria-label': 'Download the log' }, icon('download'));
    const bar = el('div', { class: 'tool-bar' }, status, reason, el('span', { class: 'spring' }), find.element, el('span', { class: 'divide' }), follow, wrap, download);
    return { element: el('div', { class: 'tool-view log-view' }, bar, scroller), note, scroller, follow, wrap, picture, word, reason, status };
  }

  /** The tab is in sight, or no longer. @param {boolean} shown */
  setShown(shown) {
    this.shown = shown;
    if (!shown) {
      this.find.hide();
      return;
    }
    this.find.show();
    this.#toEnd();
    void this.feed.pull();
  }

  focus() {
    this.refs.scroller.focus({ preventScroll: true });
  }

  close() {
    this.find.hide();
    this.feed.close();
    this.#life.abort();
    clearInterval(this.timer);
  }

  #poll() {
    if (this.shown && !document.hidden && this.model.data.status !== 'stopped') void this.feed.pull();
  }

  /** @param {string} text */
  #add(text) {
    this.lines.feed(text);
    this.#toEnd();
    this.find.later();
    this.#renderState();
  }

  #clear() {
    this.lines.clear();
    this.find.later();
  }

  #toEnd() {
    if (!this.#follow || !this.shown) return;
    const { scroller } = this.refs;
    this.#moving = true;
    scroller.scrollTop = scroller.scrollHeight;
    requestAnimationFrame(() => (this.#moving = false));
  }

  #scrolled() {
    if (this.#moving || !this.shown) return;
    const { scrollTop, clientHeight, scrollHeight } = this.refs.scroller;
    this.#setFollow(scrollHeight - scrollTop - clientHeight < NEAR, false);
  }

  /** @param {boolean} on @param {boolean} [jump] */
  #setFollow(on, jump = true) {
    this.#follow = on;
    setAttr(this.refs.follow, 'aria-pressed', String(on));
    if (on && jump) this.#toEnd();
  }

  /** @param {boolean} on */
  #setWrap(on) {
    remember('wrap', on ? 'on' : 'off');
    this.refs.scroller.classList.toggle('wrap', on);
    setAttr(this.refs.wrap, 'aria-pressed', String(on));
    this.#toEnd();
  }

  #renderState() {
    const { data } = this.model;
    const { feed, lines } = this;
    const { note, picture, word, reason, status } = this.refs;
    setIcon(picture, data.status);
    status.dataset.status = data.status;
    setText(word, STATUS_WORD[data.status]);
    setText(reason, story(data));
    const bare = lines.buffer.first + lines.buffer.lines.length === 1 && !lines.buffer.lines[0];
    let text = '';
    if (feed.fault) text = `The log could not be read: ${sentence(feed.fault)}`;
    else if (!feed.loaded) text = 'Reading…';
    else if (bare) text = data.status === 'stopped' ? 'Nothing here yet. The log begins with the first start.' : 'Nothing yet: waiting for the first line.';
    else if (feed.cut || lines.buffer.first > 0) text = 'Earlier lines are not shown here. The download has all that is kept.';
    setText(note, text);
    show(note, Boolean(text));
  }
}
