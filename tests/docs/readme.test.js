// The commands of the documents: each is run, or proved as support/commands.js says. Blocks count line by line; of the prose,
// what stands in backticks and begins like a command.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { Server } from '../browser/support/server.js';
import { until } from '../browser/support/wait.js';
import { COMMANDS } from './support/commands.js';
import { parts, read, ROOT } from './support/markdown.js';

const README = 'README.md';
/** Whose commands are proved. The first one's must all be. */
const DOCUMENTS = [README, 'CONTRIBUTING.md', 'docs/README.md', 'docs/faq.md', 'docs/security.md', 'docs/operations.md', 'docs/blueprints.md', 'blueprints/README.md', 'bench/README.md', ...guide()];
const BINARY = resolve(process.env.AIKORE_BIN || join(ROOT, 'target/ci/aikore'));
const PASSWORD = 'a lighthouse, a teapot, a comet';
const COMMAND = /^(?:(?:[A-Z_]+=\S+ )*(?:aikore|make|docker|git pull|curl|tar|rm|cargo|npm|export|\.\/\S+)(?= |$)|(?:node|tests\/\S+) )/;
/** What is said of a program, and is no command. */
const NO_COMMAND = new Set(['./data', './config', './env', './wheels', 'npm', 'npm ci', 'npm install', 'node']);

function guide() {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'docs/guide/*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** The commands of a block: one a line, continued by a backslash, without the words behind them. @param {string[]} lines */
function ofBlock(lines) {
  const whole = lines.join('\n').replace(/\\\n/g, '\u0000').split('\n').map((line) => line.replaceAll('\u0000', '\\\n').replace(/\s{2,}# .*$/, '').trim());
  return whole.filter((line) => line !== '');
}

/** @param {string} file @returns {string[]} */
function commandsOf(file) {
  const { prose, blocks } = parts(read(file));
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).filter((code) => COMMAND.test(code) && !NO_COMMAND.has(code));
  const lines = blocks.filter(({ language }) => ['', 'sh', 'console'].includes(language)).flatMap((block) => {
    const all = ofBlock(block.lines);
    // A drawing, or a list of folders.
    if (block.language === '' && !all.some((line) => COMMAND.test(line))) return [];
    for (const line of all) assert.match(line, COMMAND, `${file}:${block.line}: among commands there is what is none`);
    return all;
  });
  return [...lines, ...spans];
}

/** Every command, and who says it. @type {Map<string, string[]>} */
const said = new Map();
for (const file of DOCUMENTS) for (const command of commandsOf(file)) said.set(command, [...new Set([...(said.get(command) ?? []), file])]);

const place = mkdtempSync(join(tmpdir(), 'aik-docs-'));
after(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));

/** An empty folder with what commands find there. @param {string} name */
function folder(name) {
  const path = join(place, name);
  mkdirSync(join(path, 'bin'), { recursive: true });
  mkdirSync(join(path, 'target/release'), { recursive: true });
  for (const link of ['bin/aikore', 'target/release/aikore']) symlinkSync(BINARY, join(path, link));
  const [blueprint] = parts(read('docs/blueprints.md')).blocks.filter(({ language }) => language === 'bash');
  writeFileSync(join(path, 'my-app.sh'), `${blueprint.lines.join('\n')}\n`);
  writeFileSync(join(path, 'bad.sh'), 'no blueprint\n');
  // What the server refuses is a failure.
  writeFileSync(join(path, '.curlrc'), 'silent\nshow-error\nfail-with-body\n');
  return path;
}

/** @param {string} path @param {Record<string, string>} [more] */
function environment(path, more = {}) {
  const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AIKORE_|MAKE|MFLAGS)/.test(name)));
  return { ...plain, PATH: `${join(path, 'bin')}:${process.env.PATH}`, CURL_HOME: path, ...more };
}

/** `make` without what was built: the recipe alone. @param {string} command */
const ofMake = (command) => command.replace(/^make/, `make -f ${join(ROOT, 'Makefile')} -o build`);

/** Runs a command to its end. @param {string} command @param {string} path @param {Record<string, string>} env @returns {Promise<{ code: number|null, out: string }>} */
function ran(command, path, env) {
  return new Promise((done) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', command], { cwd: path, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data));
    child.on('close', (code) => done({ code, out: out.trim() }));
  });
}

/** A server that has a password, a token and the instance the documents speak of. @param {boolean} unset */
async function server(unset) {
  const made = await Server.start({ pool: 2, env: { AIKORE_AUTH: 'password' } });
  if (unset) return { made, token: '' };
  const link = await until('the setup link', () => /setup\?token=([\w-]{43})/.exec(made.output)?.[1]);
  const answer = await fetch(`${made.address}/api/auth/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: made.address }, body: JSON.stringify({ token: link, password: PASSWORD }) });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  made.headers = { Cookie: cookie, Origin: made.address };
  // The first token is the one that the documents take back.
  await made.api('POST', 'auth/tokens', { name: 'an old one', scopes: ['read'] });
  const { token } = await made.api('POST', 'auth/tokens', { name: 'the test', scopes: ['manage'] });
  await made.createStarted('ComfyUI');
  return { made, token };
}

/** @param {string} command @param {import('./support/commands.js').Runs} proof @param {string} path */
async function proveByRunning(command, proof, path) {
  const { made, token } = await server(Boolean(proof.unset));
  symlinkSync(made.folder, join(path, 'config'));
  try {
    const words = {
      ...proof.with,
      $LOGIN: "curl -c jar http://box:9000/api/auth/login -H 'Content-Type: application/json' -d '{\"password\": \"…\"}'",
      '"…"': JSON.stringify(PASSWORD),
      '/config/': `${made.folder}/`,
    };
    let line = command.startsWith('make') ? ofMake(command) : command;
    for (const [word, mine] of Object.entries(words)) line = line.replaceAll(word, () => mine);
    line = line.replace(/http:\/\/(box|localhost):9000/g, made.address);
    const { code, out } = await ran(line, path, environment(path, { AIKORE_CONFIG_DIR: made.folder, TOKEN: token }));
    assert.equal(code, proof.code ?? 0, `${line}\n${out}`);
    assert.match(out, proof.prints, line);
  } finally {
    // `aikore handover` has ended it: it is started for its end.
    if (command === 'aikore handover') await made.kill();
    await made.stop();
  }
}

/** @param {string} command @param {import('./support/commands.js').Starts} proof @param {string} path */
async function proveByStarting(command, proof, path) {
  const line = command.startsWith('make') ? ofMake(command) : command;
  const child = spawn('bash', ['-c', `exec env ${line}`], { cwd: path, env: environment(path, { AIKORE_LISTEN: '127.0.0.1:0', AIKORE_CONFIG_DIR: join(path, 'data'), ...proof.env }), stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data));
  const ended = new Promise((done) => child.on('close', done));
  try {
    const address = await until('the address', () => {
      assert.equal(child.exitCode, null, out);
      return /ready: (https?:\/\/\S+)/.exec(out)?.[1];
    });
    assert.equal(address.startsWith('https'), Boolean(proof.tls), address);
    const { code, out: told } = await ran(`curl --insecure ${address}healthz`, path, environment(path));
    assert.deepEqual([code, JSON.parse(told).status], [0, 'ok']);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

for (const [command, files] of said) {
  const proof = COMMANDS[command];
  if (!proof) continue;
  test(`${files.join(', ')}: ${command.split('\n')[0]}`, { timeout: 60_000 }, async () => {
    const path = folder(`c${[...said.keys()].indexOf(command)}`);
    if (proof.how === 'runs') return proveByRunning(command, proof, path);
    if (proof.how === 'starts') return proveByStarting(command, proof, path);
    if (proof.how === 'make') {
      const { code, out } = await ran(`${command.replace(/^make/, `make -C ${ROOT} -n`)}`, path, environment(path));
      assert.equal(code, 0, out);
      return assert.match(out, proof.line);
    }
    if (proof.how === 'elsewhere') return assert.ok(readFileSync(join(ROOT, proof.file), 'utf8').includes(proof.says), `${proof.file} says nothing of: ${proof.says}`);
    return assert.ok(!files.includes(README) && proof.why !== '', 'what README says is proved');
  });
}

test('every command is proved, and nothing else is', () => {
  assert.ok(said.size > 30, `${said.size} commands were found`);
  assert.deepEqual([...said.keys()].filter((command) => !(command in COMMANDS)), [], 'they stand in a document and not in support/commands.js');
  assert.deepEqual(Object.keys(COMMANDS).filter((command) => !said.has(command)), [], 'they stand in support/commands.js and in no document');
});
