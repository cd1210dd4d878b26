// A real app, installed once with nothing set, and then used by every way in exactly as directly at its own port.
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DESK, setStage } from '../../browser/support/stage.js';
import { until } from '../../browser/support/wait.js';

// What uv downloads is shared by all apps, and kept for the next run until `make clean`.
const CACHE = fileURLToPath(new URL('../../../target/apps-cache/', import.meta.url));
const INSTALL = 300_000;
// A folder of blueprints to try, with its library, before they are built into the binary.
const BLUEPRINTS = process.env.AIKORE_BLUEPRINTS_DIR;
const VISIT = 120_000;
const PATIENCE = 30_000;
// The browser itself gives up what a page asked for when the page is left. What the server breaks has other names.
const LEFT = /^failed request: .* \(net::ERR_ABORTED\)$/;
// How often an app warns of itself, and the graphics driver of it, is a matter of timing.
const WARNING = /^console warning: /;

/** @typedef {import('../../../assets/js/types.js').Instance} Instance */
/** @typedef {import('../../browser/support/server.js').Server} Server */
/** @typedef {import('playwright-core').Page} Page */
/**
 * One look at the app. `address`: where it was opened; `below`: where the app lives, with a slash at the end; `mark`: a
 * word of its own for this look, for names of files; `folder`: the instance's; `outputs`: where the app's results belong.
 * @typedef {{ page: Page, address: string, below: string, mark: string, folder: string, outputs: string }} Look
 */
/**
 * `told`: the app was told its prefix and lives below it on every way in (`proxy = preserve`). `sockets`: the websockets
 * that it must have opened. `races`: what goes wrong in it now and then, without AiKore in between too. `elsewhere`: what it
 * asks of the internet by itself; the answer is nothing. `use`: all that somebody does with it. `fresh`: forgets what an
 * earlier look left behind. `params`: what is filled into the form. `patience`: how long it may take to install. `env`: of the
 * server, and so of the app.
 * @typedef {object} App
 * @property {string} name
 * @property {string} slug
 * @property {string} blueprint
 * @property {boolean} told
 * @property {RegExp[]} sockets
 * @property {RegExp[]} [races]
 * @property {RegExp[]} [elsewhere]
 * @property {(look: Look) => Promise<void>} use
 * @property {(folder: string, instance: Instance) => Promise<void>} [fresh]
 * @property {(server: Server) => Promise<void>} [prepare]
 * @property {(server: Server) => Promise<Record<string, unknown>>} [params]
 * @property {number} [patience]
 * @property {Record<string, string>} [env]
 */

/** Makes the instance, starts it and waits for it. @param {Server} server @param {App} app @returns {Promise<Instance>} */
async function install(server, app) {
  if (BLUEPRINTS) {
    const run = join(server.folder, 'run');
    const library = (await readdir(run)).find((name) => name.startsWith('lib-'));
    if (library) await cp(join(BLUEPRINTS, 'lib'), join(run, library), { recursive: true });
  }
  await app.prepare?.(server);
  const { id } = await server.api('POST', 'instances/', { name: app.name, base_blueprint: app.blueprint, params: await app.params?.(server) });
  return starts(server, app, id);
}

/** Starts it, and waits until it is up. @param {Server} server @param {App} app @param {number} id @returns {Promise<Instance>} */
async function starts(server, app, id) {
  await server.api('POST', `instances/${id}/start`);
  const instance = await until(`the end of the installation of ${app.name}`, async () => {
    const now = await server.api('GET', `instances/${id}`);
    return !['starting', 'installing'].includes(now.status) && now;
  }, app.patience ?? INSTALL);
  if (instance.status !== 'started') {
    const log = await readFile(join(server.folder, 'instances', app.name, 'output.log'), 'utf8');
    assert.fail(`${app.name} is ${instance.status} instead of started (${instance.reason}); the end of its log:\n${log.slice(-2000)}`);
  }
  assert.equal(instance.slug, app.slug);
  return instance;
}

/**
 * Where it can be reached: directly, and by the three ways in.
 * @param {Server} server @param {Instance} instance @param {App} app
 */
function addresses(server, { app_port: port, urls }, { told, slug }) {
  assert.ok(port && urls.port && urls.host, `not every way in is there: ${JSON.stringify(urls)}`);
  return {
    directly: `http://127.0.0.1:${port}${told ? `/instance/${slug}/` : '/'}`,
    path: server.address + urls.path,
    port: urls.port,
    host: urls.host,
  };
}

/** @typedef {keyof ReturnType<typeof addresses>} Way */

/** What of a fault is the same on every way in. @param {string} fault @param {App} app @param {string} mark */
const plain = (fault, { slug }, mark) =>
  fault
    .replaceAll(/\b(http|ws)s?:\/\/[^/\s]+/g, '')
    .replaceAll(`/instance/${slug}`, '')
    .replaceAll(mark, '*')
    .replaceAll(/=[\w.-]+/g, '=*')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replaceAll(/\b(?=[a-z]*\d)[0-9a-z]{8,}\b/g, '*')
    .replaceAll(/\d+/g, '#');

/** The scenes of an app. What comes back adds one more. @param {App} app */
export function everyWayIn(app) {
  const stage = setStage({ cache: CACHE, env: { ...(BLUEPRINTS && { AIKORE_BLUEPRINTS_DIR: BLUEPRINTS }), ...app.env } });
  /** @type {Instance|undefined} */
  let instance;
  /** What goes wrong in the app itself. @type {Set<string>} */
  const own = new Set();

  stage.scene(`${app.name} installs and starts, with nothing set`, { timeout: (app.patience ?? INSTALL) + 30_000 }, async ({ server }) => {
    instance = await install(server, app);
  });

  /** @param {Way} way @param {string} title */
  const look = (way, title) =>
    stage.scene(`${app.name} ${title}`, { ...DESK, timeout: VISIT }, async ({ page, watch, server }) => {
      assert.ok(instance, `${app.name} did not start`);
      page.context().setDefaultTimeout(PATIENCE);
      const address = addresses(server, instance, app)[way];
      const { origin } = new URL(address);
      const mark = `by-${way}`;
      const folder = join(server.folder, 'instances', app.name);
      const outputs = join(server.folder, 'outputs', app.name);
      await mkdir(outputs, { recursive: true });
      await app.fresh?.(server.folder, instance);
      // At the path the dashboard's address is the app's own too, elsewhere it is another host.
      watch.onlyOwn(address);
      const elsewhere = (/** @type {string} */ url) => app.elsewhere?.some((pattern) => pattern.test(url)) ?? false;
      await page.context().route(({ href }) => elsewhere(href), (route) => route.fulfill({ headers: { 'access-control-allow-origin': '*' }, body: '' }));
      watch.expect(LEFT, WARNING, ...(app.races ?? []), {
        test: (fault) => {
          if (fault.startsWith('foreign request')) return elsewhere(fault.replace('foreign request: ', ''));
          if (way === 'directly') own.add(plain(fault, app, mark));
          return own.has(plain(fault, app, mark));
        },
      });
      const below = app.told || way === 'path' ? `${origin}/instance/${app.slug}/` : `${origin}/`;
      await app.use({ page, address, below, mark, folder, outputs });
      for (const pattern of app.sockets) {
        assert.ok(watch.sockets.some((socket) => pattern.test(socket)), `no websocket like ${pattern}; there were: ${watch.sockets.join(', ') || 'none'}`);
      }
    });

  look('directly', 'directly at its own port: what follows is measured by this');
  look('path', 'at its path');
  look('port', 'on its public port');
  look('host', 'by its host name');

  /**
   * One thing more: an input of its form is changed, it starts again, and shows it.
   * @param {string} title @param {Record<string, unknown>} params @param {(page: Page, folder: string) => Promise<void>} shows
   */
  const changed = (title, params, shows) =>
    stage.scene(`${app.name}: ${title}`, { ...DESK, timeout: VISIT + INSTALL }, async ({ page, watch, server }) => {
      assert.ok(instance, `${app.name} did not start`);
      page.context().setDefaultTimeout(PATIENCE);
      await server.api('POST', `instances/${instance.id}/stop?wait=true`);
      await server.api('PUT', `instances/${instance.id}`, { params });
      const now = await starts(server, app, instance.id);
      const address = addresses(server, now, app).port;
      watch.onlyOwn(address);
      watch.expect({ test: () => true });
      await page.goto(address);
      await shows(page, join(server.folder, 'instances', app.name));
    });
  return { changed };
}
