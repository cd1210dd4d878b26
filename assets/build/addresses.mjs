// Addresses that change with the content: one hash for the whole bundle, as a folder in front of every file. So files go on
// naming each other relatively, and a page knows which version it is of.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Where the files are, in every page. */
const ADDRESS = '.aikore/assets/';

/** Every file below a folder, in an order that is the same everywhere. @param {string} folder @returns {Promise<string[]>} */
export async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

/** @param {string} folder @param {string[]} names */
async function hashOf(folder, names) {
  const hash = createHash('sha256');
  for (const name of names) hash.update(name).update('\0').update(await readFile(join(folder, name))).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/** Puts the bundle's hash into the addresses of every page. @param {string} draft */
export async function stamp(draft) {
  const names = await filesBelow(draft);
  const pages = names.filter((name) => name.endsWith('.html'));
  const hash = await hashOf(draft, names);
  for (const name of pages) {
    const html = await readFile(join(draft, name), 'utf8');
    await writeFile(join(draft, name), html.replaceAll(ADDRESS, `${ADDRESS}${hash}/`));
  }
  await writeFile(join(draft, 'bundle'), hash);
}
