// One text while it is edited: what the server has, what the person has made of it, and what happens when those part. No DOM.
import { ApiError, sentence } from '../api.js';
import { draftOf, dropDraft, keepDraft } from './drafts.js';

/** @typedef {import('../api-editor.js').Source} Source */
/** @typedef {import('../api-editor.js').Opened} Opened */
/** @typedef {{ content: string|null, version: string|null, modified?: string|null }} Present what lies on the disk; no content: nothing does */

/** Emits `change` when anything but the text has changed, and `text` (detail: whether it was read just now) when the text has to be shown anew. */
export class Session extends EventTarget {
  /** What the server has said of it. @type {Opened|null} */
  opened = null;
  /** What it is edited from. @type {{ content: string|null, version: string|null }} */
  base = { content: null, version: null };
  text = '';
  /** What came onto the disk while it was edited here. @type {Present|null} */
  theirs = null;
  /** Edits of an earlier visit are shown: from when. @type {string|null} */
  broughtBack = null;
  /** Whether the browser keeps the edits. */
  kept = true;
  /** @type {'loading'|'saving'|null} */
  busy = null;
  /** @type {unknown} */
  fault = null;
  /** @type {Date|null} */
  savedAt = null;
  /** It was changed on the disk and is shown anew. @type {Date|null} */
  renewedAt = null;
  #closed = false;

  /** @param {Source} source */
  constructor(source) {
    super();
    this.source = source;
  }

  get isDirty() {
    return this.opened !== null && !this.opened.read_only && this.text !== this.base.content;
  }

  get readOnly() {
    return this.opened?.read_only ?? null;
  }

  #changed() {
    if (!this.#closed) this.dispatchEvent(new Event('change'));
  }

  /** @param {boolean} [first] */
  #show(first = false) {
    if (!this.#closed) this.dispatchEvent(new CustomEvent('text', { detail: first }));
  }

  /** Reads it, and brings back what was not saved. */
  async load() {
    if (this.busy) return;
    this.busy = 'loading';
    this.fault = null;
    this.#changed();
    try {
      const opened = await this.source.load();
      this.opened = opened;
      this.base = { content: opened.content, version: opened.version };
      this.text = opened.content;
      this.theirs = null;
      this.#bringBack(opened);
      this.#show(true);
    } catch (error) {
      this.fault = error;
    } finally {
      this.busy = null;
      this.#changed();
    }
  }

  /** @param {Opened} opened */
  #bringBack(opened) {
    const draft = opened.read_only ? null : draftOf(this.source.key);
    if (!draft) return;
    if (draft.text === opened.content) {
      dropDraft(this.source.key);
      return;
    }
    this.text = draft.text;
    this.broughtBack = draft.at;
    if (draft.version === opened.version) return;
    this.base = { content: null, version: draft.version };
    this.theirs = { content: opened.exists ? opened.content : null, version: opened.version, modified: opened.modified };
  }

  /** The person has typed. @param {string} text */
  edit(text) {
    if (text === this.text || !this.opened) return;
    this.text = text;
    this.savedAt = null;
    this.renewedAt = null;
    this.#keep();
    this.#changed();
  }

  #keep() {
    const { key } = this.source;
    if (!this.isDirty) {
      this.broughtBack = null;
      this.kept = true;
      dropDraft(key);
    } else this.kept = keepDraft(key, { text: this.text, version: this.base.version, at: new Date().toISOString() });
  }

  /** Whether it is still the same on the disk. */
  async look() {
    if (this.busy || !this.opened || this.#closed) return;
    const { version } = this.base;
    try {
      const now = await this.source.look();
      if (this.busy || this.#closed || version !== this.base.version) return;
      await this.#meet(now.exists ? now.version : null, now.read_only);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && this.opened.exists) await this.#meet(null, null);
      // A server that is away is told of at the top of the page.
    }
  }

  /** @param {string|null} version what the disk has @param {string|null} readOnly */
  async #meet(version, readOnly) {
    const { opened } = this;
    if (!opened) return;
    if (readOnly !== opened.read_only) {
      opened.read_only = readOnly;
      this.#changed();
    }
    if (version === this.base.version || (this.theirs && this.theirs.version === version)) return;
    if (version === null) {
      // What is shown may be the last that is left of it.
      opened.exists = false;
      this.theirs = { content: null, version: null };
      this.#keepLast();
      this.#changed();
      return;
    }
    const fresh = await this.source.load();
    if (this.busy || this.#closed) return;
    if (this.isDirty) {
      this.opened = fresh;
      this.theirs = { content: fresh.content, version: fresh.version, modified: fresh.modified };
    } else {
      this.opened = fresh;
      this.base = { content: fresh.content, version: fresh.version };
      this.text = fresh.content;
      this.theirs = null;
      this.renewedAt = new Date();
      this.#show();
    }
    this.#changed();
  }

  /** The text of a file that is gone is an edit from now on. */
  #keepLast() {
    this.base = { content: null, version: this.base.version };
    this.#keep();
  }

  /**
   * Saves it. `over`: whatever came onto the disk meanwhile, which the person has seen.
   * @param {{ restart?: boolean, over?: boolean }} [how] @returns {Promise<import('../api-editor.js').Saved|null>} null when it was not saved, and why not is shown
   */
  async save({ restart = false, over = false } = {}) {
    if (this.busy || !this.opened || this.readOnly || (this.theirs && !over)) return null;
    const { text } = this;
    this.busy = 'saving';
    this.fault = null;
    this.#changed();
    try {
      const saved = await this.source.save(text, this.theirs ? this.theirs.version : this.base.version, restart);
      this.#settle(text, saved);
      return saved;
    } catch (error) {
      this.#refused(error);
      return null;
    } finally {
      this.busy = null;
      this.#changed();
    }
  }

  /** @param {string} text @param {{ version: string, size: number, modified: string|null }} saved */
  #settle(text, { version, size, modified }) {
    if (this.opened) this.opened = { ...this.opened, content: text, version, size, modified, exists: true };
    this.base = { content: text, version };
    this.theirs = null;
    this.broughtBack = null;
    this.savedAt = new Date();
    this.renewedAt = null;
    // The person may have typed on meanwhile.
    this.#keep();
  }

  /** @param {unknown} error */
  #refused(error) {
    if (error instanceof ApiError && error.status === 409 && error.field === 'version') {
      this.theirs = error.present ?? { content: null, version: null };
      return;
    }
    this.fault = error;
  }

  /** What is on the disk is taken in the place of the person's own. */
  takeTheirs() {
    const { theirs } = this;
    if (!theirs || theirs.content === null) return;
    this.text = theirs.content;
    this.base = { content: theirs.content, version: theirs.version };
    this.theirs = null;
    this.#keep();
    this.#show();
    this.#changed();
  }

  /** The edits go: back to what is saved. */
  discard() {
    if (this.theirs && this.theirs.content === null) {
      // It is gone: back to what there is in its place, if anything.
      dropDraft(this.source.key);
      this.broughtBack = null;
      void this.load();
      return;
    }
    if (this.theirs) {
      this.takeTheirs();
      return;
    }
    if (this.base.content === null) return;
    this.text = this.base.content;
    this.#keep();
    this.#show();
    this.#changed();
  }

  /** The line about edits of an earlier visit was read. */
  keep() {
    this.broughtBack = null;
    this.#changed();
  }

  /** Brings a former text back, and saves that. @param {number} n */
  async restore(n) {
    if (this.busy || !this.opened) return;
    this.busy = 'saving';
    this.#changed();
    try {
      const [former, saved] = [await this.source.former(n), await this.source.restore(n, this.theirs ? this.theirs.version : this.base.version)];
      this.text = former.content;
      this.#settle(former.content, saved);
      this.#show();
    } catch (error) {
      this.#refused(error);
      throw new Error(this.theirs ? 'It was changed on the disk meanwhile. Look at the difference first.' : sentence(error), { cause: error });
    } finally {
      this.busy = null;
      this.#changed();
    }
  }

  close() {
    this.#closed = true;
  }
}
