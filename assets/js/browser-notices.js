// Notices as notifications of the browser: only where somebody has switched them on, and only from the page that leads, so
// that several of them do not say the same.
import { recall, remember } from './prefs.js';

const KEY = 'notifications';

/** Why this browser shows none, and what can be done; empty where it would. */
function obstacle() {
  if (!isSecureContext) return 'Browsers show notifications only of pages that come by HTTPS or from the machine itself (localhost). Switch TLS on (AIKORE_TLS), or open the dashboard by HTTPS.';
  if (!('Notification' in globalThis)) return 'This browser has no notifications for pages.';
  if (Notification.permission === 'denied') return 'This browser refuses notifications of this page. Allow them in its settings for this site, then try again.';
  return '';
}

/** Emits `change`. */
export class BrowserNotices extends EventTarget {
  /** @param {import('./app.js').App} app @param {import('./live.js').Live} live */
  constructor(app, live) {
    super();
    this.app = app;
    live.addEventListener('notice', (event) => {
      // Whoever looks at this very page has seen it there.
      const seen = !document.hidden && document.hasFocus();
      if (this.on && live.leads && !seen) this.#show(/** @type {CustomEvent<import('./types.js').Notice>} */ (event).detail);
    });
    addEventListener('storage', ({ key }) => key === `aikore.${KEY}` && this.#changed());
  }

  get on() {
    return recall(KEY, 'off') === 'on' && !obstacle() && Notification.permission === 'granted';
  }

  /** Why it can't be switched on, or was but shows nothing; empty where all is well. */
  get obstacle() {
    return obstacle();
  }

  /** Asks the person, if that has not been done. @returns {Promise<string>} why it stays off; empty where it does not */
  async turnOn() {
    let why = obstacle();
    if (!why && (await Notification.requestPermission()) !== 'granted') why = obstacle() || 'The browser was not told yes, so nothing is shown. Try again.';
    if (!why) {
      remember(KEY, 'on');
      why = this.#try();
    }
    this.#changed();
    return why;
  }

  turnOff() {
    remember(KEY, 'off');
    this.#changed();
  }

  /** Shows one at once, so that it is seen what they look like. */
  #try() {
    try {
      new Notification('AiKore', { body: 'Notices show like this.', tag: 'aikore-try', icon: this.#icon() });
      return '';
    } catch {
      // Browsers of phones.
      remember(KEY, 'off');
      return 'This browser shows notifications only of installed apps. Use a target such as ntfy on this device.';
    }
  }

  #icon() {
    return /** @type {HTMLLinkElement|null} */ (document.querySelector('link[rel=icon]'))?.href ?? '';
  }

  /** @param {import('./types.js').Notice} notice */
  #show({ id, text, instance_id }) {
    const model = this.app.instances.get(instance_id);
    try {
      const shown = new Notification(model?.data.name ?? 'AiKore', { body: text, tag: `aikore-${id ?? text}`, icon: this.#icon() });
      shown.addEventListener('click', () => {
        window.focus();
        shown.close();
        if (model) this.app.table.focusRow(model.id);
        else this.app.notices.ask();
      });
    } catch {
      // It was taken back meanwhile: the settings say so.
      this.#changed();
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
