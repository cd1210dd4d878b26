// No instance yet: one sentence, one button, and three blueprints to begin with.
import { blueprintTitle } from '../format.js';
import { needs } from '../catalogue.js';
import { button, el, show } from '../dom.js';
import { icon } from '../icons.js';
import { picture } from './catalogue.js';

const RECOMMENDED = ['hello.sh', 'gradio-demo.sh', 'jupyterlab.sh'];

export class EmptyState {
  #loaded = false;

  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    this.cards = el('ul', { class: 'cards' });
    const fresh = app.actions.page[0];
    this.element = el(
      'div',
      { class: 'empty', hidden: true },
      el('h3', { text: 'No instances yet' }),
      el('p', { text: 'An instance is one AI web UI: pick a blueprint, and AiKore installs it, starts it and gives it an address.' }),
      button(fresh.label, { icon: fresh.icon, primary: true, on: { click: fresh.run } }),
      this.cards,
    );
  }

  /** @param {boolean} shown */
  toggle(shown) {
    show(this.element, shown);
    if (shown && !this.#loaded) void this.#load();
  }

  async #load() {
    this.#loaded = true;
    try {
      const entries = await this.app.catalogue.entries();
      const wanted = RECOMMENDED.flatMap((filename) => entries.find((entry) => entry.filename === filename) ?? []);
      this.cards.replaceChildren(...wanted.map((entry) => this.#card(entry)));
    } catch {
      this.#loaded = false;
    }
  }

  /** @param {import('../catalogue.js').Entry} entry */
  #card(entry) {
    return el(
      'li',
      {},
      el(
        'button',
        { type: 'button', class: 'card', on: { click: () => this.app.dialogs.create(entry.filename) } },
        el('span', { class: 'card-title' }, picture(entry), blueprintTitle(entry)),
        el('span', { class: 'card-text', text: entry.description ?? '' }),
        el('span', { class: 'card-needs' }, icon('chip'), needs(entry).join(' · ') || entry.filename),
      ),
    );
  }
}
