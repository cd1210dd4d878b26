// Tells screen readers what has changed, in one sentence for a burst of changes.
import { STATUS_WORD, story } from './format.js';

const WAIT = 600;

/** @param {HTMLElement} region @param {import('./app.js').App} app */
export function announce(region, app) {
  /** @type {Map<number, string>} */
  const news = new Map();
  /** @type {number|undefined} */
  let timer;

  const say = () => {
    timer = undefined;
    region.textContent = [...news.values()].join(' ');
    news.clear();
  };

  app.instances.addEventListener('status', (event) => {
    const { model } = /** @type {CustomEvent<{ model: import('./store.js').InstanceModel }>} */ (event).detail;
    const { name, status } = model.data;
    news.set(model.id, `${name}: ${STATUS_WORD[status]}.${status === 'error' ? ` ${story(model.data)}` : ''}`);
    timer ??= setTimeout(say, WAIT);
  });
  app.server.addEventListener('link', () => {
    if (app.server.link === 'live') region.textContent = 'Connected.';
  });
}

/** Says one sentence at once: what a key has done that can only be seen. @param {string} text */
export function say(text) {
  const region = document.getElementById('live');
  if (region) region.textContent = text;
}
