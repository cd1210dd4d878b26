// A text with all that belongs to it: the editor, the lines above it, its problems, its state in words.
import { Checker } from '../editor/check.js';
import { Code } from '../editor/code.js';
import { Session } from '../editor/session.js';
import { el } from '../dom.js';
import { clock, codeStrips } from './code-strips.js';

/** So long after the last key the edits are kept, in milliseconds. */
const KEEP = 200;
/** How often the disk is looked at while the text is in sight. */
const LOOK = 10_000;

/** @typedef {'nothing'|'saved'|'from'|'theirs'} Compared */

/** Emits `state` when its state has changed, and `saved` (detail: the server's answer). */
export class CodePane extends EventTarget {
  #life = new AbortController();
  #shown = false;
  /** @type {number|undefined} */
  #timer;
  /** @type {Compared} */
  compared = 'nothing';

  /**
   * @param {import('../api-editor.js').Source} source
   * @param {{ original?: () => Promise<string>, parent?: (id: number) => void }} [more] `original`: the text it came from
   */
  constructor(source, { original, parent } = {}) {
    super();
    this.source = source;
    this.original = original;
    this.session = new Session(source);
    this.checker = new Checker(source);
    this.code = new Code({ label: `Text of ${source.name}`, name: source.name, readOnly: true, onSave: () => void this.save() });
    this.strips = codeStrips(this.session, { onCompare: () => void this.compare(this.compared === 'theirs' ? 'nothing' : 'theirs'), onMine: () => void this.save({ over: true }), parent });
    this.element = el('div', { class: 'code-pane' }, this.strips.element, this.code.element);
    const { signal } = this.#life;
    this.code.addEventListener('change', () => this.#typed());
    this.session.addEventListener('text', (event) => this.#show(/** @type {CustomEvent<boolean>} */ (event).detail));
    this.session.addEventListener('change', () => this.#render());
    this.checker.addEventListener('report', () => this.#report());
    // What is typed in the last moment before a page goes is not lost either.
    addEventListener('pagehide', () => this.flush(), { signal });
    document.addEventListener('visibilitychange', () => (document.hidden ? this.flush() : this.#look()), { signal });
    addEventListener('focus', () => this.#look(), { signal });
    this.ticks = setInterval(() => this.#look(), LOOK);
    void this.session.load();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.#shown = shown;
    if (!shown) {
      this.flush();
      return;
    }
    this.code.measure();
    this.#look();
  }

  #look() {
    if (this.#shown && !document.hidden) void this.session.look();
  }

  focus() {
    this.code.focus();
  }

  close() {
    this.flush();
    this.#life.abort();
    clearInterval(this.ticks);
    this.checker.close();
    this.session.close();
    this.code.close();
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), KEEP);
    this.checker.soon(() => this.code.text);
  }

  /** What the editor shows is what the session has. */
  flush() {
    clearTimeout(this.#timer);
    if (this.session.opened && !this.session.readOnly) this.session.edit(this.code.text);
  }

  /** @param {boolean} fresh */
  #show(fresh) {
    if (fresh) this.code.open(this.session.text);
    else this.code.replace(this.session.text);
    if (fresh && this.compared !== 'nothing') void this.compare(this.compared);
    this.checker.soon(() => this.code.text, 50);
  }

  #report() {
    this.code.setProblems(this.checker.report.problems);
    this.dispatchEvent(new Event('state'));
  }

  #render() {
    const { session } = this;
    this.code.setReadOnly(!session.opened || Boolean(session.readOnly));
    if (this.compared === 'theirs' && !session.theirs) void this.compare('nothing');
    this.strips.render(this.compared === 'theirs');
    this.dispatchEvent(new Event('state'));
  }

  /** Its state in a few words. */
  get words() {
    const { session } = this;
    const { opened } = session;
    if (session.busy === 'loading') return 'Reading…';
    if (session.busy === 'saving') return 'Saving…';
    if (!opened) return '';
    if (session.readOnly) return 'Read only';
    if (session.theirs) return 'Changed on the disk';
    if (session.isDirty) return 'Unsaved';
    if (session.savedAt) return `Saved ${clock(session.savedAt.toISOString())}`;
    if (session.renewedAt) return 'Changed on the disk, shown anew';
    return opened.exists ? '' : 'Not on the disk yet';
  }

  /** @param {{ restart?: boolean, over?: boolean }} [how] */
  async save(how) {
    this.flush();
    if (this.session.theirs && !how?.over) this.strips.remind();
    const saved = await this.session.save(how);
    if (!saved) return null;
    if (this.compared === 'saved') void this.compare('saved');
    this.strips.note(saved.note ?? '');
    this.dispatchEvent(new CustomEvent('saved', { detail: saved }));
    return saved;
  }

  /** Shows the difference to another text, or no longer. @param {Compared} to */
  async compare(to) {
    const { session } = this;
    this.compared = to;
    try {
      if (to === 'nothing') this.code.compare(null);
      else if (to === 'saved') this.code.compare(session.base.content ?? '');
      else if (to === 'theirs') this.code.compare(session.theirs?.content ?? '', { accept: 'Keep mine', reject: 'Take theirs' });
      else if (this.original) {
        const text = await this.original();
        if (this.compared === to && !this.#life.signal.aborted) this.code.compare(text);
      }
    } catch (error) {
      this.compared = 'nothing';
      this.strips.note(error instanceof Error ? error.message : String(error));
    }
    this.strips.render(this.compared === 'theirs');
    this.dispatchEvent(new Event('state'));
  }
}
