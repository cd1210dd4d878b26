// Parts of the page that come when they are needed first: tools, mostly.

/** Emits `stale` when a part could not be had: it may belong to another version of AiKore than this page. */
export const parts = new EventTarget();

/**
 * Loads a part: `await part(() => import('./views/terminal.js'))`. What can't be had is a sentence for a person.
 * @template T @param {() => Promise<T>} load @returns {Promise<T>}
 */
export async function part(load) {
  try {
    return await load();
  } catch (error) {
    console.warn(error);
    parts.dispatchEvent(new Event('stale'));
    throw new Error('This part of the page could not be loaded. AiKore may be stopped, or was updated: reload the page.', { cause: error });
  }
}

/** Where a file of the bundle is, whichever file this code has become part of. @param {string} path such as `img/icon.svg` */
export const asset = (path) => new URL(path, import.meta.url.replace(/\/js\/[^?]*$/, '/')).href;

/** The bundle this page was loaded from: the folder in the address of its modules. */
export const bundle = /\/\.aikore\/assets\/([0-9a-f]{12})\//.exec(import.meta.url)?.[1] ?? null;
