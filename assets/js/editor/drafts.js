// Edits that are not saved yet, kept by the browser: over a reload, a closed tab, a server that is away.

/** @typedef {{ text: string, version: string|null, at: string }} Draft `version`: of the text they were made from */

const PREFIX = 'aikore.draft.';
/** Letters of one, and of all: browsers give a page about five million. */
const MOST = 600_000;
const MOST_OF_ALL = 2_400_000;
const DAYS = 60;

/** @returns {Storage|null} */
function box() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** @param {string} key @returns {Draft|null} */
export function draftOf(key) {
  try {
    const draft = JSON.parse(box()?.getItem(PREFIX + key) ?? 'null');
    return draft && typeof draft.text === 'string' && typeof draft.at === 'string' ? draft : null;
  } catch {
    return null;
  }
}

/** Whether it could be kept. @param {string} key @param {Draft} draft */
export function keepDraft(key, draft) {
  const storage = box();
  if (!storage || draft.text.length > MOST) return false;
  try {
    const others = draftKeys().reduce((sum, other) => (other === key ? sum : sum + (storage.getItem(PREFIX + other)?.length ?? 0)), 0);
    if (others + draft.text.length > MOST_OF_ALL) return false;
    storage.setItem(PREFIX + key, JSON.stringify(draft));
    return true;
  } catch {
    // Full or refused: whoever asked says so.
    return false;
  }
}

/** @param {string} key */
export function dropDraft(key) {
  try {
    box()?.removeItem(PREFIX + key);
  } catch {
    // What can't be removed could not be kept either.
  }
}

/** What drafts there are. @param {string} [stem] how their keys begin @returns {string[]} */
export function draftKeys(stem = '') {
  try {
    const storage = box();
    const all = Array.from({ length: storage?.length ?? 0 }, (_, at) => storage?.key(at) ?? '');
    return all.filter((key) => key.startsWith(PREFIX + stem)).map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}

// What nobody has come back to for so long is not missed.
for (const key of draftKeys()) if (Date.now() - Date.parse(draftOf(key)?.at ?? '') > DAYS * 86_400_000) dropDraft(key);
