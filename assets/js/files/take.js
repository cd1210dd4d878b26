// What a person brings: files chosen, whole folders, and what is dropped on the page.

/** One file, and where it goes from the folder on. @typedef {{ file: File, path: string }} Brought */

/** @param {FileList} list @returns {Brought[]} */
export const chosen = (list) => [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/**
 * Must be called while the drop is being handled: afterwards nothing of it can be had.
 * @param {DataTransfer} dropped @returns {Promise<Brought[]>}
 */
export async function takeDropped(dropped) {
  const entries = [...dropped.items].filter(({ kind }) => kind === 'file').map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const taken = await Promise.all(entries.map(({ entry, file }) => (entry ? walk(entry, '') : Promise.resolve(file ? [{ file, path: file.name }] : []))));
  return taken.flat();
}

/** @param {FileSystemEntry} entry @param {string} folder @returns {Promise<Brought[]>} */
async function walk(entry, folder) {
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Brought[]} */
  const all = [];
  // It gives a hundred at a time.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    for (const one of some) all.push(...(await walk(one, path)));
  }
}
