// Runs files of tests one after another: node tests/run.mjs FILE…
//
// These tests drive real programs by real clocks, on machines that somebody may load. A file that fails is run once more
// when the others are through, and both are told: one that fails twice fails the run, one that fails once is named as
// unsteady, to be mended and not to be hidden.
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { resolve } from 'node:path';

/** @param {string[]} files @returns {Promise<string[]>} those that failed */
async function failing(files) {
  /** @type {Set<string>} */
  const failed = new Set();
  const stream = run({ files, concurrency: 1 });
  stream.on('test:fail', ({ file, name, todo }) => {
    if (todo === undefined || todo === false) failed.add(files.find((one) => one === file || one === resolve(name)) ?? file ?? name);
  });
  const told = stream.compose(spec);
  told.pipe(process.stdout, { end: false });
  await new Promise((ended, broken) => { told.on('end', ended); told.on('error', broken); });
  return [...failed];
}

const files = process.argv.slice(2).map((file) => resolve(file));
if (files.length === 0) throw new Error('No file of tests was named.');
let failed = await failing(files);
if (failed.length > 0) {
  const unknown = failed.filter((file) => !files.includes(file));
  if (unknown.length > 0) throw new Error(`It can't be told which file failed: ${unknown.join(', ')}`);
  console.log(`\nOnce more: ${failed.join(' ')}\n`);
  const unsteady = failed;
  failed = await failing(failed);
  for (const file of unsteady.filter((one) => !failed.includes(one))) console.log(`UNSTEADY: ${file} failed once and passed alone.`);
}
process.exitCode = failed.length > 0 ? 1 : 0;
