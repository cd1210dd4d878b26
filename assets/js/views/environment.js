// What an app is made of: its Python environment and its code, what is being tried with them, and what they were before.
import { environmentNews, environments } from '../api-environment.js';
import { sentence } from '../api.js';
import { button, copyText, el, iconButton, setAttr, setText, show } from '../dom.js';
import { asText, lastWords, several, sizeWords } from '../environment/words.js';
import { ago, moment } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { want } from '../logs/wanted.js';
import { repositoryLine, snapshotCard } from './environment-parts.js';
import { TrialBanner } from './environment-trial.js';
import { keepUp } from './keyed.js';
import { openPruneDialog } from './prune-dialog.js';
import { familyOf, isActive, openCallOffDialog, openTrialDialog } from './trial-dialog.js';
import { FactList } from './version-facts.js';

/** @typedef {import('../api-environment.js').State} State */

/** After an event of an instance: several come at once. */
const SOON = 300;
/** The app is ready, and the server is about to write down that it went well. */
const AGAIN = 1000;
/** How often the ages are told anew. */
const TICK = 20_000;
const OUTCOMES = { good: 'check', undone: 'warn', failed: 'error' };

export class EnvironmentView {
  #life = new AbortController();
  #shown = false;
  #busy = false;
  #stale = false;
  /** What of the family the last reading was about. */
  #known = '';
  /** @type {State|null} */
  #state = null;
  /** @type {number|undefined} */
  #timer;
  /** @type {number|undefined} */
  #clock;

  /** @param {import('../app.js').App} app @param {import('../store.js').InstanceModel} model */
  constructor(app, model) {
    this.app = app;
    this.model = model;
    this.facts = new FactList();
    this.refs = this.#create();
    this.element = this.refs.element;
    const { signal } = this.#life;
    app.instances.addEventListener('any', () => this.#follow(), { signal });
    environmentNews.addEventListener('change', (event) => this.#family.some(({ id }) => id === /** @type {CustomEvent<number>} */ (event).detail) && this.#soon(0), { signal });
    app.actions.addEventListener('pending', () => this.#renderButtons(), { signal });
    app.server.addEventListener('link', () => app.server.link === 'live' && this.#soon(0), { signal });
    this.#render();
  }

  #create() {
    const { model } = this;
    /** Buttons are views of the one table of actions. @param {string} id */
    const deed = (id) => {
      const action = this.app.actions.instance.find((one) => one.id === id);
      if (!action) throw new Error(id);
      return { action, element: button(action.label, { icon: action.icon, class: 'small', on: { click: () => void this.app.actions.run(action, model) } }) };
    };
    const deeds = ['update', 'rebuild', 'rollback'].map(deed);
    const when = el('span', { class: 'muted ellipsis v-when' });
    const copy = iconButton('copy', 'Copy as text', () => void this.#copy());
    const bar = el('div', { class: 'tool-bar' }, when, el('span', { class: 'spring' }), ...deeds.map(({ element }) => element), iconButton('restart', 'Look again', () => void this.load()), copy);

    const trial = new TrialBanner({
      start: () => this.#run('start'),
      log: () => this.app.tools.openLog(this.#runner ?? model),
      callOff: () => this.#state && openCallOffDialog(this.app, model, this.#state),
    });

    const errorText = el('p', {});
    const error = el('div', { class: 'v-note v-error', role: 'alert', hidden: true }, icon('error'), errorText);
    const lastIcon = icon('check');
    const lastText = el('p', { class: 'e-reason' });
    const lastAge = el('span', { class: 'muted' });
    const lastLog = button('The end of its log', { icon: 'logs', quiet: true, class: 'small', on: { click: () => this.#lastLog() } });
    const last = el('div', { class: 'v-note e-last', role: 'status', hidden: true }, lastIcon, el('div', {}, lastText, el('p', { class: 'e-last-foot' }, lastAge, lastLog)));
    const notes = el('ul', { class: 'e-notes' });
    const empty = el('p', { class: 'nothing', role: 'status', text: 'Looking at its environment…' });

    const repositories = el('ul', { class: 'e-repositories' });
    const code = el('section', { class: 'v-part', 'aria-label': 'Code' }, el('h3', { text: 'Code' }), repositories);
    const prune = button('Prune…', { icon: 'delete', class: 'small', on: { click: () => this.#prune(null) } });
    setAttr(prune, 'aria-label', 'Prune several earlier states');
    const snapshots = el('ul', { class: 'e-snapshots' });
    const none = el('p', { class: 'hint', text: 'None yet. Before each update and rebuild what there is is kept, so that one click brings it back.' });
    const past = el('section', { class: 'v-part', 'aria-label': 'Earlier states' }, el('div', { class: 'sheet-head' }, el('h3', { text: 'Earlier states' }), prune), none, snapshots);
    const body = el('div', { class: 'sheet v-sheet', tabindex: '0', role: 'region', 'aria-label': `Environment of ${model.data.name}` }, error, trial.element, last, empty, this.facts.element, notes, code, past);
    const element = el('div', { class: 'tool-view environment' }, bar, body);
    return { element, body, deeds, when, copy, trial, error, errorText, last, lastIcon, lastText, lastAge, lastLog, notes, empty, repositories, code, prune, snapshots, none, past };
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    clearTimeout(this.#timer);
    clearInterval(this.#clock);
    if (!shown) return;
    this.#clock = setInterval(() => this.#renderAges(), TICK);
    void this.load();
  }

  focus() {
    this.refs.body.focus({ preventScroll: true });
  }

  close() {
    this.#shown = false;
    this.#life.abort();
    clearTimeout(this.#timer);
    clearInterval(this.#clock);
  }

  get #family() {
    return familyOf(this.app, this.model);
  }

  /** Who runs with it now: what is told of a trial is told by it. */
  get #runner() {
    const moving = this.#family.filter(isActive);
    return moving.find(({ data }) => data.status === 'installing' || data.status === 'starting') ?? moving[0] ?? null;
  }

  /** What happens to the family may have changed its environment. */
  #follow() {
    if (!this.#shown) return;
    this.#renderTrial();
    this.#renderButtons();
    if (this.#signs() !== this.#known) this.#soon(SOON);
  }

  #signs() {
    return this.#family.map(({ id, data: { status, run } }) => `${id} ${status} ${run}`).join();
  }

  /** @param {number} wait */
  #soon(wait) {
    clearTimeout(this.#timer);
    if (this.#shown) this.#timer = setTimeout(() => void this.load(), wait);
  }

  async load() {
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    this.#known = this.#signs();
    try {
      const state = await environments.state(this.model.id);
      if (this.#life.signal.aborted) return;
      this.#state = state;
      this.#setError(null);
      this.#render();
      if (state.trial?.state === 'under_way' && this.#runner?.data.status === 'started') this.#soon(AGAIN);
    } catch (error) {
      if (!this.#life.signal.aborted) this.#setError(`The environment could not be read: ${sentence(error)}`);
    } finally {
      this.#busy = false;
      if (this.#stale) {
        this.#stale = false;
        this.#soon(0);
      }
    }
  }

  /** @param {string|null} text */
  #setError(text) {
    setText(this.refs.errorText, text ?? '');
    show(this.refs.error, Boolean(text));
    if (text && !this.#state) show(this.refs.empty, false);
  }

  /** @param {string} id */
  #run(id) {
    const action = this.app.actions.instance.find((one) => one.id === id);
    if (action) void this.app.actions.run(action, this.model);
  }

  #lastLog() {
    const { last } = this.#state ?? {};
    if (!last) return;
    want(this.model.id, last.at);
    this.app.tools.openLog(this.model);
  }

  /** @param {string|null} only */
  #prune(only) {
    if (this.#state) openPruneDialog(this.app, this.model, this.#state.snapshots, only, () => void this.load());
  }

  async #copy() {
    if (!this.#state) return;
    const text = asText(this.#state, { name: this.model.data.name, version: this.app.server.version });
    if (await copyText(text)) this.app.toasts.show('ok', 'Copied: the environment as text, for a report.');
    else this.app.toasts.show('error', 'The browser did not let it be copied.');
  }

  #renderButtons() {
    const trial = this.#state?.trial ?? null;
    const past = this.#state?.snapshots.length ?? 0;
    for (const { action, element } of this.refs.deeds) {
      let may = this.#state ? this.app.actions.enabled(action, this.model) : 'Looking at its environment…';
      if (may === true && trial) may = 'Call off what is being tried first.';
      if (may === true && action.id === 'rollback' && !past) may = 'There is no earlier state to go back to.';
      element.disabled = may !== true;
      setAttr(element, 'title', may === true ? null : may);
    }
    const settled = !trial || trial.state === 'asked';
    this.refs.prune.disabled = !settled;
    for (const one of this.refs.snapshots.querySelectorAll('button')) one.disabled = Boolean(trial);
    this.refs.copy.toggleAttribute('disabled', !this.#state);
  }

  #renderTrial() {
    this.refs.trial.render(this.#state?.trial ?? null, this.#runner, this.model);
  }

  #renderAges() {
    const { last } = this.#state ?? {};
    if (!last) return;
    setText(this.refs.lastAge, `${ago(last.at)} ago`);
    setAttr(this.refs.lastAge, 'title', moment(last.at));
  }

  #render() {
    const { refs } = this;
    const state = this.#state;
    for (const part of [refs.code, refs.past, this.facts.element, refs.notes]) show(part, Boolean(state));
    this.#renderTrial();
    if (!state) {
      this.#renderButtons();
      return;
    }
    const { last, repositories, snapshots, path } = state;
    show(refs.last, Boolean(last));
    if (last) {
      setIcon(refs.lastIcon, OUTCOMES[last.outcome] ?? 'info');
      refs.last.dataset.outcome = last.outcome;
      setText(refs.lastText, last.reason ? `${lastWords(last)}: ${last.reason}` : lastWords(last));
      show(refs.lastLog, last.outcome !== 'good');
    }
    this.#renderAges();
    setText(refs.when, path ? [state.python ? `Python ${state.python}` : null, state.packages === null ? null : several(state.packages, 'package')].filter(Boolean).join(' · ') : '');
    setText(refs.empty, this.#nothing(state));
    show(refs.empty, !path);
    this.facts.render(factsOf(state));
    keepUp(refs.notes, this.#notes(state), (text) => el('li', { class: 'v-note' }, icon('info'), el('p', { text })));
    keepUp(refs.repositories, repositories, repositoryLine);
    show(refs.code, repositories.length > 0);
    keepUp(refs.snapshots, snapshots, (snapshot) =>
      snapshotCard(snapshot, { back: ({ id }) => openTrialDialog(this.app, this.model, 'rollback', id), prune: ({ id }) => this.#prune(id) }),
    );
    show(refs.past, Boolean(path || snapshots.length));
    show(refs.none, snapshots.length === 0);
    show(refs.prune, snapshots.length > 1);
    this.#renderButtons();
  }

  /** @param {State} state */
  #nothing({ repositories, snapshots, trial }) {
    if (trial) return 'Its environment is being made.';
    if (repositories.length || snapshots.length) return 'There is no Python environment: this app needs none, or its next start makes it.';
    return 'Nothing is installed yet: the first start does that.';
  }

  /** @param {State} state */
  #notes({ family, same_disk: sameDisk, path }) {
    const others = this.#family.filter((one) => one !== this.model).map(({ data }) => data.name);
    return [
      family ? `This is the environment of ${family.name}, which it runs with. What is done to it here is done for ${others.join(', ')} too.` : others.length ? `Its satellites run with it too: ${others.join(', ')}.` : null,
      path && !sameDisk ? 'uv’s cache is on another file system than this folder, so each environment takes its full size. With both on one disk they would share what they have in common.' : null,
    ].flatMap((text) => text ?? []);
  }
}

/** @param {State} state @returns {[string, string|null][]} */
function factsOf(state) {
  const { path, kind, python, packages, locked_at: locked } = state;
  if (!path) return [['Environment', null], ['Python', null], ['Packages', null], ['Size', null], ['Last good start', locked ? moment(locked) : null]];
  return [
    ['Environment', `${path} (${kind === 'conda' ? 'conda' : 'venv'})`],
    ['Python', python ?? 'not known'],
    ['Packages', packages === null ? 'not known' : String(packages)],
    ['Size', sizeWords(state)],
    ['Last good start', locked ? moment(locked) : 'none yet'],
  ];
}
