// Runs files of tests: node tests/run.mjs [--side-by-side N] FILE…
//
// These tests drive real programs by real clocks, on machines that somebody may load. A file that fails is run once more
// when the others are through, with nobody beside it, and both are told: one that fails twice fails the run, one that fails
// once is named as unsteady, to be mended and not to be hidden. A file that says `// Runs alone` is never beside another.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

let passed = 0;

/** Runs one file, and says what it found once it is through. @param {string} file @returns {Promise<number>} how many of its tests failed */
async function failures(file) {
  let failed = 0;
  const began = Date.now();
  const stream = run({ files: [file], concurrency: 1 });
  stream.on('test:pass', () => { passed += 1; });
  stream.on('test:fail', ({ todo }) => { if (todo === undefined || todo === false) failed += 1; });
  let told = '';
  for await (const part of stream.compose(spec)) told += part;
  console.log(`\n== ${relative('.', file)}, ${Math.round((Date.now() - began) / 1000)} s\n${told}`);
  return failed;
}

/** @param {string[]} files @param {number} lanes how many at a time @returns {Promise<string[]>} those that failed */
async function failing(files, lanes) {
  const waiting = [...files];
  /** @type {string[]} */
  const failed = [];
  const lane = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) if (await failures(file) > 0) failed.push(file);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return failed;
}

const words = process.argv.slice(2);
const lanes = words[0] === '--side-by-side' ? Number(words.splice(0, 2)[1]) : 1;
if (!Number.isInteger(lanes) || lanes < 1) throw new Error('--side-by-side takes how many files run at a time.');
const files = words.map((file) => resolve(file));
if (files.length === 0) throw new Error('No file of tests was named.');
const lone = files.filter((file) => /^\/\/ Runs alone/m.test(readFileSync(file, 'utf8')));
let failed = [...await failing(files.filter((file) => !lone.includes(file)), lanes), ...await failing(lone, 1)];
if (failed.length > 0) {
  const once = failed;
  console.log(`\nOnce more: ${once.map((file) => relative('.', file)).join(' ')}`);
  failed = await failing(once, 1);
  for (const file of once.filter((one) => !failed.includes(one))) console.log(`UNSTEADY: ${relative('.', file)} failed once and passed alone.`);
}
console.log(`\n${files.length} files: ${passed} passed${failed.length > 0 ? `; failed twice: ${failed.map((file) => relative('.', file)).join(' ')}` : ', nothing failed twice'}`);
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
