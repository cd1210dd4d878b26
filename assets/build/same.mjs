// Whether two folders hold the same: what is embedded is compiled anew when its folder is another one.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The files of a folder and of those in it, by their paths in it. @param {string} folder @returns {Promise<string[]>} */
async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

/** @param {string} one @param {string} other which may be missing @returns {Promise<boolean>} */
export async function isSame(one, other) {
  const [ours, theirs] = await Promise.all([files(one), files(other).catch(() => [])]);
  if (ours.join('\n') !== theirs.join('\n')) return false;
  const equal = await Promise.all(ours.map(async (file) => (await readFile(join(one, file))).equals(await readFile(join(other, file)))));
  return equal.every(Boolean);
}
