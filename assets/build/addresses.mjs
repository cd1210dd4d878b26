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

/**
 * The files that the page's script needs at once, itself first: the browser is told of all of them in the page, instead of
 * finding one by the other.
 * @param {import('esbuild').Metafile} meta @param {string} entry such as `js/main.js` @returns {string[]}
 */
function neededAtOnce({ outputs }, entry) {
  const files = Object.keys(outputs);
  const own = files.find((file) => outputs[file].entryPoint === entry) ?? '';
  // Paths are as the build was called; below its folder they are what the page asks for.
  const root = own.slice(0, own.length - entry.length);
  const found = new Set([own]);
  for (const file of found) for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') found.add(path);
  return [...found].map((file) => file.slice(root.length));
}

/**
 * Puts the bundle's hash into the addresses of every page, and names the files that the dashboard begins with.
 * @param {string} draft @param {import('esbuild').Metafile} meta of the dashboard's build @param {string} entry
 */
export async function stamp(draft, meta, entry) {
  const names = await filesBelow(draft);
  const pages = names.filter((name) => name.endsWith('.html'));
  const hash = await hashOf(draft, names);
  for (const name of pages) {
    let html = await readFile(join(draft, name), 'utf8');
    html = html.replaceAll(ADDRESS, `${ADDRESS}${hash}/`);
    const [, before, script] = html.match(new RegExp(`<script type="module" src="([^"]*${ADDRESS}${hash}/)([^"]+)">`)) ?? [];
    // A page that is one file has nothing to be told of.
    if (script === entry) {
      const links = neededAtOnce(meta, entry).map((module) => `<link rel="modulepreload" href="${before}${module}">`);
      html = html.replace('</head>', `${links.join('\n')}\n</head>`);
    }
    await writeFile(join(draft, name), html);
  }
  await writeFile(join(draft, 'bundle'), hash);
}
