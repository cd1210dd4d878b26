// What of other projects goes into the browser's bundle, with the text of each licence: for the page "About".
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

const MODULES = `node_modules${sep}`;

/** The folder of the package a bundled file is from; null for our own. @param {string} file */
function packageOf(file) {
  const at = file.replaceAll('/', sep).lastIndexOf(MODULES);
  if (at < 0) return null;
  const [first, second] = file.slice(at + MODULES.length).split(/[\\/]/);
  return join(file.slice(0, at), 'node_modules', first, first.startsWith('@') ? second : '');
}

/** @param {string} folder */
async function describe(folder) {
  const { name, version, license, homepage } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((one) => /^(licen[cs]e|copying)(\.|$)/i.test(one));
  return { name, version, license: String(license ?? 'see its text'), homepage: homepage ?? null, text: file ? (await readFile(join(folder, file), 'utf8')).trim() : '' };
}

/** @param {import('esbuild').Metafile[]} metas of the bundles @param {string} target @param {string} from the folder their paths begin in */
export async function writeLicences(metas, target, from) {
  const files = metas.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => packageOf(join(from, file)) ?? []));
  const parts = await Promise.all([...folders].map(describe));
  parts.sort((a, b) => a.name.localeCompare(b.name));
  await writeFile(target, JSON.stringify(parts));
}
