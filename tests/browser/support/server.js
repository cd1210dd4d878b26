// The real binary with a config folder of its own.
import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './ports.js';
import { until } from './wait.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BINARY = resolve(process.env.AIKORE_BIN || join(ROOT, 'target/ci/aikore'));
const KEPT = 200_000;

/** @typedef {import('../../../assets/js/types.js').Instance} Instance */

/** The tests' own environment without what would set up the server. */
const plainEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AIKORE_')));

export class Server {
  /** @type {import('node:child_process').ChildProcess|null} */
  #child = null;
  /** What it has said so far: stdout and stderr. */
  output = '';
  /** What the test's own calls bring along: a session, where the server asks for one. @type {Record<string, string>} */
  headers = {};

  /** @param {string} folder @param {number[]} pool @param {Record<string, string>} env */
  constructor(folder, pool, env) {
    this.folder = folder;
    this.pool = pool;
    this.env = env;
    this.address = '';
  }

  /**
   * A new server with an empty config folder. `pool`: how many public ports it has; `cache`: a folder for downloads that
   * outlives it; `env`: what else stands in its environment.
   * @param {{ pool?: number, cache?: string, env?: Record<string, string> }} [options]
   */
  static async start({ pool = 12, cache, env = {} } = {}) {
    await access(BINARY, constants.X_OK).catch(() => {
      throw new Error(`There is no AiKore binary at ${BINARY}. Build it (make build), or set AIKORE_BIN.`);
    });
    // Short: sockets live below it, and their paths are limited to about a hundred bytes.
    const server = new Server(await mkdtemp(join(tmpdir(), 'aik-')), await freePorts(pool), env);
    if (cache) {
      await mkdir(cache, { recursive: true });
      await symlink(cache, join(server.folder, 'cache'));
    }
    await server.start();
    return server;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Starts it, the first time on any free port, then on the same one again. */
  async start() {
    const listen = this.address ? new URL(this.address).host : '127.0.0.1:0';
    await rm(join(this.folder, 'run/listen'), { force: true });
    const child = spawn(BINARY, ['serve'], {
      cwd: this.folder,
      env: {
        ...plainEnvironment(),
        AIKORE_AUTH: 'none',
        ...this.env,
        AIKORE_CONFIG_DIR: this.folder,
        AIKORE_LISTEN: listen,
        AIKORE_INSTANCE_PORT_RANGE: `${this.pool[0]}-${this.pool.at(-1)}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (this.output = (this.output + data).slice(-KEPT)));
    const host = await until('a server that listens', async () => {
      if (child.exitCode !== null) return 'ended';
      return (await readFile(join(this.folder, 'run/listen'), 'utf8')).trim().split('\n')[0];
    });
    if (host === 'ended') throw new Error(`The server ended at once with exit code ${child.exitCode}:\n${this.output}`);
    this.address = `http://${host}`;
  }

  /** @param {NodeJS.Signals} signal @param {number} timeout */
  async #end(signal, timeout) {
    const child = this.#child;
    if (!child) return null;
    this.#child = null;
    child.kill(signal);
    await until(`the end of the server after ${signal}`, () => child.exitCode !== null || child.signalCode !== null, timeout).catch((error) => {
      child.kill('SIGKILL');
      throw error;
    });
    return child.exitCode;
  }

  /** As a power cut would end it: its instances go on. */
  async kill() {
    await this.#end('SIGKILL', 5000);
  }

  /** Ends it in good order with all its instances, and removes its folder. */
  async stop() {
    if (!this.#child) await this.start();
    const code = await this.#end('SIGTERM', 30_000);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (code !== 0) throw new Error(`The server ended with exit code ${code}:\n${this.output.slice(-4000)}`);
  }

  /**
   * One call of the API: for what a test needs and does not test.
   * @param {string} method @param {string} path below /api/ @param {unknown} [body] @returns {Promise<any>}
   */
  async api(method, path, body) {
    const response = await fetch(`${this.address}/api/${path}`, {
      method,
      headers: body === undefined ? this.headers : { ...this.headers, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /api/${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** @param {string} name @param {string} blueprint @returns {Promise<Instance>} */
  create(name, blueprint) {
    return this.api('POST', 'instances/', { name, base_blueprint: blueprint });
  }

  /** @param {string} name @returns {Promise<Instance>} */
  async instance(name) {
    const found = (await this.api('GET', 'instances/')).find((/** @type {Instance} */ one) => one.name === name);
    if (!found) throw new Error(`no instance ${name}`);
    return found;
  }

  /** @param {number} id @param {string} status @param {number} [timeout] @returns {Promise<Instance>} */
  async reach(id, status, timeout = 15_000) {
    return until(`instance ${id} ${status}`, async () => {
      const data = await this.api('GET', `instances/${id}`);
      return data.status === status && data;
    }, timeout);
  }

  /** @param {string} name @param {string} [blueprint] @returns {Promise<Instance>} */
  async createStarted(name, blueprint = 'hello.sh') {
    const { id } = await this.create(name, blueprint);
    await this.api('POST', `instances/${id}/start`);
    return this.reach(id, 'started');
  }

  /** A blueprint of the user's own. @param {string} filename @param {string} script */
  async writeBlueprint(filename, script) {
    const folder = join(this.folder, 'custom_blueprints');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, filename), script, { mode: 0o755 });
  }

  /** Removes every instance. */
  async clear() {
    const all = /** @type {Instance[]} */ (await this.api('GET', 'instances/'));
    // Satellites before their parents.
    for (const { id } of all.toSorted((a, b) => Number(a.parent_instance_id === null) - Number(b.parent_instance_id === null))) {
      await this.api('POST', `instances/${id}/stop?wait=true`);
      await this.api('DELETE', `instances/${id}`, { mode: 'permanent' });
    }
  }
}
