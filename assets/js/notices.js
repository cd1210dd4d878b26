// What the server has told people: how many nobody has read, and the list once somebody looks at it. A model that emits
// events. No DOM, no fetching.

/** @typedef {import('./types.js').Notice} Notice */
/** @typedef {Notice & { read: boolean }} KeptNotice */

/** Every kind of notice with its picture and its name. @type {readonly (readonly [Notice['kind'], string, string])[]} */
export const NOTICE_KINDS = Object.freeze([
  ['ready', 'started', 'Ready'],
  ['crashed', 'error', 'Crashed'],
  ['gave_up', 'stopped', 'Given up'],
  ['stalled', 'stalled', 'Stalled'],
  ['disk', 'disk', 'Disk nearly full'],
  ['gpu_lost', 'chip', 'GPU lost'],
  ['job_done', 'check', 'Job done'],
  ['general', 'info', 'Everything else'],
]);

/** @param {string} kind @returns {{ picture: string, word: string }} */
export function noticeKind(kind) {
  const [, picture, word] = NOTICE_KINDS.find(([name]) => name === kind) ?? ['', 'info', 'Notice'];
  return { picture, word };
}

/** Emits `unread` when their number has changed, `change` when the list has, `stale` when it should be asked for anew, and `wanted` when somebody wants to see them. */
export class Notices extends EventTarget {
  unread = 0;
  /** The newest first; null until somebody has asked for them. @type {KeptNotice[]|null} */
  list = null;
  /** Somebody wants to see them, and does not yet. */
  wanted = false;

  /** @param {number} unread */
  setUnread(unread) {
    if (unread === this.unread) return;
    this.unread = unread;
    this.dispatchEvent(new Event('unread'));
  }

  /** @param {KeptNotice[]} list @param {number} unread */
  replace(list, unread) {
    this.list = list;
    this.setUnread(unread);
    this.dispatchEvent(new Event('change'));
  }

  /** One that has just come. @param {Notice} notice */
  put(notice) {
    if (typeof notice.unread === 'number') this.setUnread(notice.unread);
    if (!this.list || notice.id === null || this.list.some(({ id }) => id === notice.id)) return;
    this.list = [{ ...notice, read: false }, ...this.list];
    this.dispatchEvent(new Event('change'));
  }

  /** Somebody has read some, here or elsewhere; or there may be others than are known. @param {number} unread */
  outdated(unread) {
    this.setUnread(unread);
    this.dispatchEvent(new Event('stale'));
  }

  ask() {
    this.wanted = true;
    this.dispatchEvent(new Event('wanted'));
  }
}
