// What is known of a folder's listing without the page: paths, orders, names. Pure.

/** @typedef {import('../api-files.js').Entry} Entry */
/** @typedef {'name'|'size'|'modified'} Column */
/** @typedef {{ by: Column, down: boolean }} Order */

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** @param {string} folder @param {string} name */
export const within = (folder, name) => (folder ? `${folder}/${name}` : name);

/** @param {string} path */
export const parentOf = (path) => path.split('/').slice(0, -1).join('/');

/** @param {string} path */
export const nameOf = (path) => path.slice(path.lastIndexOf('/') + 1);

/** The folders that lead to one, itself included. @param {string} path @returns {{ name: string, path: string }[]} */
export const crumbs = (path) => (path ? path.split('/').map((name, index, all) => ({ name, path: all.slice(0, index + 1).join('/') })) : []);

/** Folders first whatever the order. @param {readonly Entry[]} entries @param {Order} order */
export function arranged(entries, { by, down }) {
  /** @param {Entry} a @param {Entry} b */
  const compare = (a, b) => {
    if (by === 'size' && a.size !== b.size) return a.size - b.size;
    if (by === 'modified' && a.modified !== b.modified) return (a.modified ?? '') < (b.modified ?? '') ? -1 : 1;
    return words.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
  };
  const sign = down ? -1 : 1;
  return [...entries].sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || sign * compare(a, b));
}

/** @param {readonly Entry[]} entries @param {string} wanted */
export function matching(entries, wanted) {
  const needle = wanted.trim().toLocaleLowerCase();
  return needle ? entries.filter(({ name }) => name.toLocaleLowerCase().includes(needle)) : entries;
}

/** Another name: "a (2).png" for "a.png", "a (3).png" for that. @param {string} path */
export function another(path) {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const [, bare, number] = /^(.*) \((\d+)\)$/s.exec(stem) ?? ['', stem, '1'];
  return within(parentOf(path), `${bare} (${Number(number) + 1})${end}`);
}

/** What is wrong with the name of a file, or null. The server is the judge; this is only quicker. @param {string} name */
export function faultOf(name) {
  if (!name) return 'Give it a name.';
  if (name === '.' || name === '..') return 'This name means a folder: choose another one.';
  if (name.includes('/')) return 'No slashes: they part folders.';
  if (new TextEncoder().encode(name).length > 255) return 'Too long: at most 255 bytes.';
  return null;
}

/** The largest text the editor takes. */
const LONGEST_TEXT = 2 * 1024 ** 2;
const TEXTS = /\.(txt|md|rst|log|jsonc?|jsonl|ya?ml|toml|ini|cfg|conf|env|properties|sh|bash|zsh|py|m?js|ts|css|html?|xml|svg|csv|tsv|sql|bat|cmd|ps1|old|lock|gitignore|dockerignore)$|^(Dockerfile|Makefile|LICEN[CS]E|README|\.[a-z]+rc|\.env.*)$/i;

/** Whether it is a text, by its name and size. @param {Entry} entry */
export const isText = ({ kind, name, size }) => kind === 'file' && size <= LONGEST_TEXT && TEXTS.test(name);

/** What can be said of something that can't be opened. @param {Entry} entry */
export const whyNot = ({ kind }) =>
  kind === 'link' ? 'A link that leads elsewhere: it can’t be opened here.' : kind === 'other' ? 'No file or folder: it can’t be opened here.' : true;
