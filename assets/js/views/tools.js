// The pane below the table: tabs with the tools that are open. What is open is kept over a reload.
import { el, iconButton, isPhone, setAttr, setText, show } from '../dom.js';
import { setIcon } from '../icons.js';
import { recallHere, rememberHere } from '../prefs.js';
import { TOOLS, titleOf, toolById } from '../tools/registry.js';
import { soloAddress } from '../tools/solo.js';
import { keyOf, ToolTab } from '../tools/tab.js';
import { zoomControl } from './zoom.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../tools/registry.js').Tool} Tool */
/** @typedef {{ tabs: [string, number|null][], shown: string, big: boolean }} Kept */

/** So many tabs of one kind; the oldest gives way. */
const MOST = 8;
const KEY = 'tools';

export class Tools {
  /** @type {ToolTab[]} */
  #tabs = [];
  /** @type {ToolTab|null} */
  #shown = null;
  /** Where the focus was before the tools covered the screen of a phone. @type {HTMLElement|null} */
  #before = null;
  #restored = false;

  /** Which tools there are. */
  get kinds() {
    return TOOLS;
  }

  /** @param {HTMLElement} root @param {import('../app.js').App} app @param {import('../tools/solo.js').Solo|null} solo */
  constructor(root, app, solo) {
    this.app = app;
    this.solo = solo;
    this.list = el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Tools' });
    this.panels = el('div', { class: 'tool-panels' });
    this.zoom = zoomControl('tool.welcome', 'This tool');
    this.grow = iconButton('grow', 'Maximise the tools', () => this.#setBig(!this.#isBig), 'only-wide');
    this.pop = iconButton('pop', 'In a window of its own', () => this.#popOut(), 'only-wide');
    const close = iconButton('close', 'Close the tools', () => this.leave(), 'only-phone');
    const launch = el('span', { class: 'launch', role: 'group', 'aria-label': 'Open a tool' }, ...TOOLS.filter(({ id, perInstance }) => !perInstance && id !== 'welcome').map((tool) => this.#launcher(tool)));
    root.append(el('header', { class: 'pane-head tool-head' }, this.list, el('span', { class: 'spring' }), launch, el('span', { class: 'divide' }), this.zoom.element, this.pop, this.grow, close), this.panels);
    this.list.addEventListener('keydown', (event) => this.#keys(event));
    const { instances } = app;
    instances.addEventListener('remove', (event) => this.#forget(/** @type {CustomEvent<InstanceModel>} */ (event).detail));
    if (solo) this.#openSolo(solo);
    else this.#restore();
  }

  /** @param {Tool} tool */
  #launcher(tool) {
    const made = iconButton(tool.icon, tool.label, () => this.open(tool.id));
    if (tool.id !== 'activity') return made;
    const badge = el('span', { class: 'count-badge', hidden: true, 'aria-hidden': 'true' });
    made.append(badge);
    this.app.jobs.addEventListener('change', () => {
      const count = this.app.jobs.active.length;
      show(badge, count > 0);
      setText(badge, String(count));
      setAttr(made, 'aria-label', count ? `${tool.label}, ${count} at work` : tool.label);
    });
    return made;
  }

  /** Opens a tool, or shows it if it is open. @param {string} id @param {InstanceModel} [model] */
  open(id, model) {
    const tool = toolById(id);
    if (!tool || tool.perInstance !== Boolean(model)) return;
    if (this.solo && keyOf(tool, model) !== this.#shown?.key) {
      location.assign(soloAddress(tool, model));
      return;
    }
    const tab = this.#add(tool, model);
    this.#show(tab);
    this.enter();
    tab.focus();
  }

  /** @param {InstanceModel} model */
  openLog(model) {
    this.open('logs', model);
  }

  /** On a phone the tools cover the screen. */
  enter() {
    if (!isPhone() || this.solo) return;
    if (!document.documentElement.classList.contains('tools-open')) this.#before = /** @type {HTMLElement|null} */ (document.activeElement);
    document.documentElement.classList.add('tools-open');
    this.#shown?.tab.focus();
  }

  /** What is in front of the table goes: the tools of a phone, or their full height. */
  leave() {
    const { classList } = document.documentElement;
    classList.remove('monitor-open');
    if (this.#isBig) this.#setBig(false);
    if (!classList.contains('tools-open')) return;
    classList.remove('tools-open');
    this.#before?.focus();
    this.#before = null;
  }

  get #isBig() {
    return document.documentElement.classList.contains('tools-big');
  }

  /** @param {boolean} big */
  #setBig(big) {
    const { grow } = this;
    document.documentElement.classList.toggle('tools-big', big);
    setAttr(grow, 'aria-pressed', String(big));
    setAttr(grow, 'title', big ? 'Back to their own size' : 'Maximise the tools');
    const svg = grow.querySelector('svg');
    if (svg) setIcon(svg, big ? 'shrink' : 'grow');
    this.#keep();
  }

  #keep() {
    if (this.solo || !this.#restored) return;
    /** @type {Kept} */
    const kept = {
      tabs: this.#tabs.filter((tab) => tab.closable).map(({ tool, model }) => [tool.id, model?.id ?? null]),
      shown: this.#shown?.key ?? 'welcome',
      big: this.#isBig,
    };
    rememberHere(KEY, kept);
  }

  /** What was open before the reload, as soon as the instances are known. */
  #restore() {
    const kept = /** @type {Partial<Kept>} */ (recallHere(KEY, {}));
    const welcome = this.#add(/** @type {Tool} */ (toolById('welcome')));
    const again = Array.isArray(kept.tabs) ? kept.tabs : [];
    if (!again.length || kept.shown === 'welcome') this.#show(welcome);
    const { instances } = this.app;
    const ready = () => {
      if (this.#restored || !instances.known) return;
      for (const [id, owner] of again) {
        const tool = toolById(id);
        const model = instances.get(owner);
        if (tool && tool.perInstance === Boolean(model)) this.#add(tool, model);
      }
      this.#restored = true;
      if (!this.#shown) this.#show(this.#tabs.find(({ key }) => key === kept.shown) ?? welcome);
      if (kept.big === true) this.#setBig(true);
    };
    instances.addEventListener('order', ready);
  }

  /** @param {import('../tools/solo.js').Solo} solo */
  #openSolo({ tool, slug }) {
    document.documentElement.classList.add('solo');
    const { instances } = this.app;
    const begin = () => {
      if (this.#shown || (tool.perInstance && !instances.known)) return;
      const model = [...instances.models.values()].find(({ data }) => data.slug === slug);
      if (tool.perInstance && !model) {
        this.#say(`There is no instance “${slug}”.`);
        return;
      }
      const tab = this.#add(tool, model);
      this.#show(tab);
      tab.focus();
      const name = () => (document.title = `${titleOf(tool, model)} – AiKore`);
      model?.addEventListener('change', name);
      name();
    };
    instances.addEventListener('order', begin);
    begin();
  }

  /** @param {string} text in the place of a tool */
  #say(text) {
    const home = el('a', { class: 'button', href: new URL('./', document.baseURI).href }, el('span', { text: 'Open the dashboard' }));
    this.panels.replaceChildren(el('div', { class: 'nothing', role: 'alert' }, el('p', { text }), home));
  }

  #popOut() {
    const tab = this.#shown;
    if (!tab || this.solo) return;
    const opened = window.open(soloAddress(tab.tool, tab.model), '_blank', 'popup,width=1000,height=640');
    if (!opened) this.app.toasts.show('warn', 'The browser did not let AiKore open a window. Allow pop-ups for this page, then try again.');
    else if (tab.closable) this.#close(tab);
  }

  /** @param {Tool} tool @param {InstanceModel} [model] */
  #add(tool, model) {
    const there = this.#tabs.find(({ key }) => key === keyOf(tool, model));
    if (there) return there;
    const alike = this.#tabs.filter((one) => one.tool === tool);
    if (alike.length >= MOST) this.#close(alike[0]);
    const tab = new ToolTab(this.app, tool, model);
    tab.addEventListener('show', () => this.#show(tab));
    tab.addEventListener('close', () => (this.solo ? window.close() : this.#close(tab)));
    this.#tabs.push(tab);
    this.list.append(tab.box);
    this.panels.append(tab.panel);
    this.#keep();
    return tab;
  }

  /** @param {ToolTab} tab */
  #show(tab) {
    if (this.#shown === tab) return;
    this.#shown?.setShown(false);
    this.#shown = tab;
    tab.setShown(true);
    this.zoom.use(`tool.${tab.tool.id}`);
    // In its own time: where a tab is can't be said before the page is laid out.
    requestAnimationFrame(() => tab.box.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
    this.#keep();
  }

  /** @param {InstanceModel} model which is gone */
  #forget(model) {
    for (const tab of this.#tabs.filter((one) => one.model === model)) this.#close(tab);
    if (this.solo && this.#tabs.length === 0 && this.#shown) this.#say(`${model.data.name} was deleted.`);
  }

  /** @param {ToolTab} tab */
  #close(tab) {
    const at = this.#tabs.indexOf(tab);
    if (at < 0) return;
    const focused = tab.box.contains(document.activeElement) || tab.panel.contains(document.activeElement);
    this.#tabs.splice(at, 1);
    const next = this.#tabs[Math.min(at, this.#tabs.length - 1)];
    if (this.#shown === tab && next) this.#show(next);
    tab.close();
    if (focused) next?.tab.focus();
    this.#keep();
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    const at = this.#tabs.findIndex(({ tab }) => tab === document.activeElement);
    if (at < 0) return;
    const count = this.#tabs.length;
    const to = { ArrowRight: (at + 1) % count, ArrowLeft: (at - 1 + count) % count, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined) {
      this.#show(this.#tabs[to]);
      this.#tabs[to].tab.focus();
    } else if (event.key === 'Delete' && this.#tabs[at].closable) this.#tabs[at].dispatchEvent(new Event('close'));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
