// An instance's page inside the dashboard. While the instance is not running, this says how it is and offers to start it.
import { button, copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { firstWayIn, percent, STATUS_WORD, story } from '../format.js';
import { icon, setIcon } from '../icons.js';

/** What it means, for those who came to use the app. @type {Record<string, string>} */
const MEANING = {
  stopped: 'It is not running.',
  starting: 'The app appears here as soon as it answers.',
  installing: 'It is being installed. The app appears here when that is done.',
  stalled: 'It is running but has not answered for longer than expected. Its log may say why.',
  stopping: 'It is stopping.',
  error: 'The last lines of its log may say more.',
};

export class InstanceView {
  #life = new AbortController();
  #shown = false;
  /** The page of the app, while there is one. @type {HTMLIFrameElement|null} */
  #frame = null;
  /** What the page in the frame belongs to: another run, or another address, is another page. */
  #page = '';
  /** Whether the web UI itself is shown where there is a desktop around it. */
  #plain = false;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.refs = this.#create();
    this.element = this.refs.element;
    const { signal } = this.#life;
    model.addEventListener('change', () => this.#render(), { signal });
    app.actions.addEventListener('pending', () => this.#render(), { signal });
    this.#render();
  }

  #create() {
    const picture = icon('stopped');
    const word = el('span', {});
    const status = el('span', { class: 'status' }, picture, word);
    const address = el('a', { class: 'mono ellipsis view-address', target: '_blank', rel: 'noopener' });
    const desktop = el('button', { type: 'button', class: 'switch-part', text: 'Desktop', title: 'Its screen on the server', on: { click: () => this.#turn(false) } });
    const app = el('button', { type: 'button', class: 'switch-part', text: 'App', title: 'The web UI itself, without the desktop', on: { click: () => this.#turn(true) } });
    const turn = el('div', { class: 'switch', role: 'group', 'aria-label': 'What is shown' }, desktop, app);
    const copy = iconButton('copy', 'Copy this address', () => void this.#copy(copy));
    const reload = iconButton('restart', 'Reload the page of the app', () => this.#load());
    const open = el('a', { class: 'icon-button', target: '_blank', rel: 'noopener', title: 'Open in a tab of its own', 'aria-label': 'Open in a tab of its own' }, icon('open'));
    const full = iconButton('grow', 'Full screen', () => void this.#fullScreen());
    show(full, document.fullscreenEnabled);
    const bar = el('div', { class: 'tool-bar' }, status, turn, address, copy, el('span', { class: 'spring' }), reload, open, full);

    const heading = el('h3', {});
    const why = el('p', {});
    const meaning = el('p', { class: 'hint' });
    const fill = el('span', { class: 'bar-fill' });
    const track = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0', 'aria-valuemax': '100' }, fill);
    const start = button('Start', { icon: 'start', primary: true, on: { click: () => this.#run('start') } });
    const log = button('Log', { icon: 'logs', on: { click: () => this.#run('logs') } });
    const waiting = el('div', { class: 'view-waiting' }, heading, why, meaning, track, el('div', { class: 'view-actions' }, start, log));
    const stage = el('div', { class: 'view-stage' }, waiting);
    return { element: el('div', { class: 'tool-view view' }, bar, stage), picture, word, status, turn, desktop, app, address, reload, open, full, heading, why, meaning, fill, track, start, log, waiting, stage };
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    this.#render();
  }

  /** Not into the app: it would take the keys of the page. */
  focus() {
    (this.refs.start.hidden ? this.refs.open : this.refs.start).focus();
  }

  close() {
    this.#life.abort();
    this.#leave();
  }

  /** @param {string} id */
  #run(id) {
    const action = this.app.actions.instance.find((one) => one.id === id);
    if (action) void this.app.actions.run(action, this.model);
  }

  /** The address of the app, as seen from here. */
  get #url() {
    const { urls } = this.model.data;
    return new URL((this.#plain && urls.app) || firstWayIn(urls), document.baseURI).href;
  }

  /** @param {boolean} plain */
  #turn(plain) {
    this.#plain = plain;
    this.#render();
  }

  /** @param {HTMLButtonElement} from */
  async #copy(from) {
    const picture = from.querySelector('svg');
    if (!(await copyText(this.#url))) this.app.toasts.show('warn', 'This browser does not let the page copy. Copy the address from the link instead.');
    else if (picture) {
      setIcon(picture, 'check');
      setTimeout(() => setIcon(picture, 'copy'), 1200);
    }
  }

  #load() {
    this.#leave();
    this.#enter();
  }

  #enter() {
    this.#frame = el('iframe', {
      class: 'view-frame',
      src: this.#url,
      title: `Page of ${this.model.data.name}`,
      allow: 'fullscreen; clipboard-read; clipboard-write; microphone; camera; autoplay',
    });
    this.refs.stage.append(this.#frame);
  }

  #leave() {
    this.#frame?.remove();
    this.#frame = null;
  }

  async #fullScreen() {
    try {
      await this.refs.stage.requestFullscreen();
      this.#frame?.focus();
    } catch {
      this.app.toasts.show('warn', 'The browser did not allow full screen. Open the app in a tab of its own instead.');
    }
  }

  #render() {
    const { data } = this.model;
    const { refs } = this;
    const moving = ['starting', 'installing', 'stopping'].includes(data.status);
    setIcon(refs.picture, data.status);
    refs.status.dataset.status = data.status;
    setText(refs.word, STATUS_WORD[data.status]);
    const url = this.#url;
    show(refs.turn, Boolean(data.urls.app));
    const plain = this.#plain && Boolean(data.urls.app);
    setAttr(refs.desktop, 'aria-pressed', String(!plain));
    setAttr(refs.app, 'aria-pressed', String(plain));
    setText(refs.address, url);
    setAttr(refs.address, 'href', url);
    setAttr(refs.open, 'href', url);

    // An app that hangs may come back, and what was typed into its page is still there.
    const ready = data.status === 'started' || (data.status === 'stalled' && this.#frame !== null);
    const page = `${data.run} ${url}`;
    if (!ready || (this.#frame && page !== this.#page)) this.#leave();
    if (ready && !this.#frame && this.#shown) {
      this.#page = page;
      this.#enter();
    }
    refs.waiting.hidden = ready;
    refs.reload.toggleAttribute('disabled', !ready);
    refs.full.toggleAttribute('disabled', !ready);
    if (ready) return;

    const known = moving ? percent(data) : null;
    setText(refs.heading, `${data.name}: ${STATUS_WORD[data.status].toLowerCase()}`);
    setText(refs.why, story(data));
    setText(refs.meaning, MEANING[data.status] ?? '');
    show(refs.track, moving);
    refs.track.classList.toggle('unknown', known === null);
    refs.fill.style.width = known === null ? '' : `${known}%`;
    setAttr(refs.track, 'aria-valuenow', known === null ? null : String(Math.round(known)));
    const start = this.app.actions.instance.find(({ id }) => id === 'start');
    const may = start ? this.app.actions.enabled(start, this.model) : '';
    show(refs.start, data.status === 'stopped' || data.status === 'error');
    refs.start.toggleAttribute('disabled', may !== true);
  }
}
