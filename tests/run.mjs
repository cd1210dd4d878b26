// Runs files of tests one after another: node tests/run.mjs FILE…
//
// These tests drive real programs by real clocks, on machines that somebody may load. A file that fails is run once more
// when the others are through, and both are told: one that fails twice fails the run, one that fails once is named as
// unsteady, to be mended and not to be hidden.
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

let passed = 0;

/** Runs one file, and says what it found. @param {string} file @returns {Promise<number>} how many of its tests failed */
async function failures(file) {
  let failed = 0;
  const stream = run({ files: [file], concurrency: 1 });
  stream.on('test:pass', () => { passed += 1; });
  stream.on('test:fail', ({ todo }) => { if (todo === undefined || todo === false) failed += 1; });
  console.log(`\n== ${relative('.', file)}`);
  const told = stream.compose(spec);
  told.pipe(process.stdout, { end: false });
  await new Promise((ended, broken) => { told.on('end', ended); told.on('error', broken); });
  return failed;
}

/** @param {string[]} files @returns {Promise<string[]>} those that failed */
async function failing(files) {
  const failed = [];
  for (const file of files) if (await failures(file) > 0) failed.push(file);
  return failed;
}

const files = process.argv.slice(2).map((file) => resolve(file));
if (files.length === 0) throw new Error('No file of tests was named.');
let failed = await failing(files);
if (failed.length > 0) {
  const once = failed;
  console.log(`\nOnce more: ${once.map((file) => relative('.', file)).join(' ')}`);
  failed = await failing(once);
  for (const file of once.filter((one) => !failed.includes(one))) console.log(`UNSTEADY: ${relative('.', file)} failed once and passed alone.`);
}
console.log(`\n${files.length} files: ${passed} passed${failed.length > 0 ? `; failed twice: ${failed.map((file) => relative('.', file)).join(' ')}` : ', nothing failed twice'}`);
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
