// Every link of every document that leads to a file here leads there; so does every anchor; pictures are there, small, and shown.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { anchors, documents, links, parts, read, ROOT } from './support/markdown.js';

const LARGEST = 120_000;
const MOST = 15;
/** What begins like one of these leads out of the repository. */
const ELSEWHERE = /^(https?|mailto):/;

/** @param {string} file @param {string} target @returns {string|null} what is wrong with it */
function fault(file, target) {
  if (ELSEWHERE.test(target)) return null;
  const [path, anchor] = target.split('#');
  const place = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)));
  if (place.startsWith('..')) return `${target} leads out of the repository`;
  if (!existsSync(join(ROOT, place))) return `${target}: there is no ${place}`;
  if (anchor === undefined) return null;
  if (extname(place) !== '.md') return `${target}: only documents have anchors`;
  return anchors(read(place)).has(anchor) ? null : `${target}: ${place} has no heading for it`;
}

test('links and anchors lead somewhere', () => {
  const all = documents();
  assert.ok(all.length > 10 && all.includes('README.md'), `documents were found: ${all.join(' ')}`);
  let followed = 0;
  const faults = all.flatMap((file) =>
    links(read(file)).flatMap(({ target }) => {
      followed += 1;
      return fault(file, target) ?? [];
    }).map((what) => `${file}: ${what}`),
  );
  assert.deepEqual(faults, []);
  assert.ok(followed > 100, `${followed} links were followed`);
});

test('every page of docs is named in its index', () => {
  const named = new Set(links(read('docs/README.md')).map(({ target }) => normalize(join('docs', target.split('#')[0]))));
  const pages = documents().filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  assert.deepEqual(pages.filter((file) => !named.has(file)), []);
});

test('pictures are small, few, and each is shown', () => {
  const folder = join(ROOT, 'docs/images');
  const pictures = readdirSync(folder);
  const shown = new Set(documents().flatMap((file) => links(read(file)).filter(({ image }) => image).map(({ target }) => normalize(join(dirname(file), target)))));
  for (const name of pictures) {
    assert.ok(shown.has(`docs/images/${name}`), `${name} is shown nowhere`);
    assert.ok(statSync(join(folder, name)).size <= LARGEST, `${name} is larger than ${LARGEST} bytes`);
    const data = readFileSync(join(folder, name));
    assert.equal(`${data.toString('latin1', 0, 4)} ${data.toString('latin1', 8, 12)}`, 'RIFF WEBP', `${name} is a WebP`);
  }
  assert.ok(pictures.length > 0 && pictures.length <= MOST, `${pictures.length} pictures`);
});

test('the reading of documents itself', () => {
  const text = '# A *b*: `c` & d\n\nSee [x](#a) and `[no](nowhere)`.\n\n    make run   # y\n\n* one\n\n    in a list\n\n      rm x\n\n```sh\n[no](nowhere)\n```\n\n# A *b*: `c` & d\n\n![p](images/p.webp "title")\n';
  assert.deepEqual([...anchors(text)], ['a-b-c--d', 'a-b-c--d-1']);
  assert.deepEqual(links(text), [{ target: '#a', image: false }, { target: 'images/p.webp', image: true }]);
  assert.deepEqual(parts(text).blocks.map(({ language, lines }) => [language, ...lines]), [['', 'make run   # y'], ['', 'rm x'], ['sh', '[no](nowhere)']]);
});
