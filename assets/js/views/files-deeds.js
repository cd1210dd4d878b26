// What can be done with the files of a list.
import { files } from '../api-files.js';
import { sentence } from '../api.js';
import { copyText, el } from '../dom.js';
import { want } from '../editor/wanted.js';
import { isText, whyNot, within } from '../files/listing.js';
import { askFolder } from './files-dialogs.js';
import { openMenu } from './menu.js';

/** @typedef {import('../api-files.js').Entry} Entry */

export class FilesDeeds {
  /** @param {import('../app.js').App} app @param {import('./files.js').FilesView} view */
  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  /** @param {Entry} entry */
  open(entry) {
    const may = whyNot(entry);
    if (may !== true) this.app.toasts.show('info', `${entry.name}: ${may}`);
    else if (entry.kind === 'folder') this.view.go(within(this.view.here.path, entry.name));
    else if (this.#canEdit(entry)) this.#edit(entry);
    else this.#fetch(entry);
  }

  /** The editor is an instance's: models have none. @param {Entry} entry */
  #canEdit(entry) {
    return this.view.model !== undefined && this.view.here.place.id === this.view.model.id && isText(entry);
  }

  /** @param {Entry} entry */
  #edit(entry) {
    const { model, here } = this.view;
    if (!model) return;
    want(model.id, within(here.path, entry.name));
    this.app.tools.open('editor', model);
  }

  /** @param {Entry} entry */
  #fetch(entry) {
    const link = el('a', { href: files.address(this.view.here.place, within(this.view.here.path, entry.name)), download: entry.name, hidden: true });
    this.view.element.append(link);
    link.click();
    link.remove();
  }

  download() {
    const picked = this.view.picked.filter(({ kind }) => kind === 'file');
    if (!picked.length) this.app.toasts.show('info', 'Folders can’t be downloaded as they are: open them and choose files.');
    for (const entry of picked) this.#fetch(entry);
  }

  /** @param {Entry} entry @param {HTMLElement} anchor */
  menu(entry, anchor) {
    const { grid } = this.view;
    const several = grid.choice.has(entry.name) && grid.choice.size > 1;
    const may = () => whyNot(entry);
    const edits = !several && this.#canEdit(entry);
    openMenu({
      anchor,
      label: several ? `Actions for ${grid.choice.size} chosen` : `Actions for ${entry.name}`,
      items: [
        ...(entry.kind === 'folder'
          ? [{ label: 'Open', icon: 'folder', shortcut: 'Enter', run: () => this.open(entry) }]
          : [
              ...(edits ? [{ label: 'Edit', icon: 'code', shortcut: 'Enter', run: () => this.#edit(entry) }] : []),
              { label: 'Download', icon: 'download', shortcut: edits ? undefined : 'Enter', enabled: may, run: () => (several ? this.download() : this.#fetch(entry)) },
            ]),
        { label: 'Rename', icon: 'edit', shortcut: 'F2', enabled: () => (several ? 'One at a time.' : true), run: () => grid.edit(entry) },
        { label: 'Copy its path', icon: 'copy', run: () => void this.#copyPath(entry) },
        { label: 'Delete', icon: 'delete', shortcut: 'Delete', danger: true, apart: true, run: () => void this.remove() },
      ],
    });
  }

  /** @param {Entry} entry */
  async #copyPath(entry) {
    const path = within(this.view.here.path, entry.name);
    if (await copyText(path)) this.app.toasts.show('ok', `Copied: ${path}`);
    else this.app.toasts.show('error', `The browser does not let this page copy. The path is ${path}`);
  }

  /** @param {Entry} entry @param {string} name */
  async rename(entry, name) {
    const { place, path } = this.view.here;
    await files.rename(place, within(path, entry.name), within(path, name));
    this.view.grid.choice.only(name);
    await this.view.load();
    this.view.grid.choice.only(name);
    this.view.grid.reveal(name);
  }

  async remove() {
    const { app, view } = this;
    const { place, path } = view.here;
    const names = this.view.picked.map(({ name }) => name);
    if (!names.length) return;
    const what = names.length === 1 ? names[0] : `${names.length} things`;
    try {
      const { token } = await files.discard(place, names.map((name) => within(path, name)));
      app.toasts.show('ok', `${what} ${names.length === 1 ? 'is' : 'are'} in the trash.`, { label: 'Undo', run: () => void this.#undo(token, what) });
    } catch (error) {
      app.toasts.show('error', `${what} could not be deleted: ${sentence(error)}`);
    }
    await this.view.load();
    this.view.focus();
  }

  /** @param {string} token @param {string} what */
  async #undo(token, what) {
    try {
      await files.putBack(token);
      this.app.toasts.show('ok', `${what} ${what.endsWith(' things') ? 'are' : 'is'} back.`);
    } catch (error) {
      this.app.toasts.show('error', `${what} could not be put back: ${sentence(error)}`);
    }
    if (this.view.isShown) await this.view.load();
  }

  newFolder() {
    const { place, path } = this.view.here;
    askFolder(async (name) => {
      await files.makeFolder(place, within(path, name));
      await this.view.load();
      this.view.grid.choice.only(name);
      this.view.grid.reveal(name);
      this.view.focus();
    });
  }
}
