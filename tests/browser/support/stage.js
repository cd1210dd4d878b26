// One server and one Chromium for all tests of a file; for each test fresh browser contexts that are watched.
import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Dashboard } from './dashboard.js';
import { Server } from './server.js';
import { Watch } from './watch.js';

const CHROMIUM = process.env.CHROMIUM_BIN || '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// Text looks the same on every machine: one family of fonts, drawn in one way.
const FONTS = fileURLToPath(new URL('./fonts.conf', import.meta.url));
export const RESULTS = fileURLToPath(new URL('../../../test-results/', import.meta.url));

export const DESK = { viewport: { width: 1440, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */
/** @typedef {{ page: import('playwright-core').Page, dashboard: Dashboard, watch: Watch, stage: Stage, server: Server, another: (options?: ContextOptions) => Promise<Visit>, look: string, shot: (name: string) => Promise<void> }} Visit */

class Stage {
  /** @type {import('playwright-core').Browser|undefined} */
  #browser;
  /** @type {Server|undefined} */
  #server;
  #userData = '';

  /** @param {{ cache?: string, pool?: number, env?: Record<string, string> }} [options] of the server */
  async open(options) {
    await access(CHROMIUM, constants.X_OK).catch(() => {
      throw new Error(`There is no Chromium at ${CHROMIUM}. Install it (apt-get install chromium), or set CHROMIUM_BIN.`);
    });
    this.#server = await Server.start(options);
    this.#userData = await mkdtemp(join(tmpdir(), 'aik-chromium-'));
    // What Chromium writes besides its profile stays in there as well.
    const env = { ...process.env, FONTCONFIG_FILE: FONTS, HOME: this.#userData, XDG_CONFIG_HOME: this.#userData, XDG_CACHE_HOME: this.#userData };
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, env });
  }

  async close() {
    try {
      await this.#browser?.close();
      await rm(this.#userData, { recursive: true, force: true, maxRetries: 5 });
    } finally {
      await this.#server?.stop();
    }
  }

  get server() {
    if (!this.#server) throw new Error('The server has not started.');
    return this.#server;
  }

  /** @param {ContextOptions} options @param {Visit[]} visits where it is noted @returns {Promise<Visit>} */
  async visit(options, visits) {
    if (!this.#browser) throw new Error('Chromium has not started.');
    const { server } = this;
    const context = await this.#browser.newContext({ colorScheme: 'dark', ...DESK, ...options });
    context.setDefaultTimeout(15_000);
    const watch = new Watch(context, server.address);
    const page = await context.newPage();
    const { colorScheme, viewport } = { colorScheme: 'dark', ...DESK, ...options };
    const visit = {
      page,
      look: `${colorScheme} ${viewport?.width}`,
      dashboard: new Dashboard(page, server.address, Boolean(options.hasTouch)),
      watch,
      stage: this,
      server,
      another: (/** @type {ContextOptions} */ other = options) => this.visit(other, visits),
      shot: (/** @type {string} */ name) => picture(page, name),
    };
    visits.push(visit);
    return visit;
  }

  /**
   * A test with a page of its own; it fails on anything that went wrong in a browser and was not announced.
   * @param {string} name @param {ContextOptions & { timeout?: number }} options @param {(visit: Visit) => Promise<void>} body
   */
  scene(name, { timeout = 60_000, ...options }, body) {
    test(name, { timeout }, async () => {
      /** @type {Visit[]} */
      const visits = [];
      try {
        await body(await this.visit(options, visits));
        for (const { watch } of visits) watch.check();
      } catch (error) {
        await this.#keep(name, visits).catch(() => {});
        throw error;
      } finally {
        for (const { page } of visits) await page.context().close();
      }
    });
  }

  /** What there was to be seen when it failed. @param {string} name @param {Visit[]} visits */
  async #keep(name, visits) {
    for (const { page, watch } of visits) {
      for (const one of page.context().pages()) await picture(one, `failed-${name}-${one.url().replace(/^https?:\/\/[^/]*/, '')}`);
      for (const fault of watch.faults) console.error(`  ${fault}`);
    }
    console.error(this.server.output.split('\n').slice(-25).join('\n'));
  }
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function picture(page, name) {
  await mkdir(RESULTS, { recursive: true });
  await page.screenshot({ path: join(RESULTS, `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 120).replace(/-$/, '')}.png`) });
}

/** Sets the stage for the tests of this file. @param {{ cache?: string, pool?: number, env?: Record<string, string> }} [options] of the server */
export function setStage(options) {
  const stage = new Stage();
  before(() => stage.open(options), { timeout: 60_000 });
  after(() => stage.close(), { timeout: 60_000 });
  return stage;
}
