// A shell in a desktop on the server, and the page that shows its screen, in the words of its user.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './wait.js';

/** @typedef {import('./server.js').Server} Server */
/** @typedef {import('playwright-core').Page} Page */

// It begins where the test can look. The locale is for what is pasted.
const SHELL = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Shell
# aikore.ready = process
# aikore.persistent_mode = true
# aikore.gpu = none
### AIKORE-METADATA-END ###
export LC_ALL=C.UTF-8
mkdir -p "$INSTANCE_OUTPUT_DIR" && cd "$INSTANCE_OUTPUT_DIR"
exec xterm -u8 -maximized -fa 'DejaVu Sans Mono' -fs 12 -e bash --norc --noprofile
`;

/** noVNC looks at a picture of its own once, to learn what the browser can draw. */
export const DRAWING = /^console warning: Canvas2D: Multiple readback operations/;
/** What is heard in a browser when a server goes away under it. */
export const LOST = /^(console (error|warning): (WebSocket connection to|Failed when connecting|Connection closed|Failed while connected|WebSocket on-error)|console error: Failed to load resource: net::|failed request: GET )/;

/** A started shell, and the folder its files are in. @param {Server} server @param {string} name */
export async function startShell(server, name) {
  await server.writeBlueprint('shell.sh', SHELL);
  const folder = join(server.folder, 'outputs', name);
  await mkdir(folder, { recursive: true });
  const { id } = await server.api('POST', 'instances/', { name, base_blueprint: 'shell.sh', persistent_mode: true });
  await server.api('POST', `instances/${id}/start`);
  const { slug } = await server.reach(id, 'started', 30_000);
  return { id, slug, folder, address: `${server.address}/instance/${slug}/` };
}

/** No two answers are in the same file. */
let serial = 0;

export class Viewer {
  /** @param {Page} page @param {string} [folder] where the shell is */
  constructor(page, folder = '') {
    this.page = page;
    this.folder = folder;
    this.canvas = page.locator('#stage canvas');
    this.note = page.locator('.line-note');
    this.tab = page.getByRole('button', { name: 'Controls of the screen' });
    this.tools = page.getByRole('toolbar', { name: 'Controls of the screen' });
    this.keys = page.getByRole('group', { name: 'Keys' });
  }

  /** @param {string} address */
  async open(address) {
    await this.page.goto(address);
    await this.connected();
  }

  /** @param {number} [timeout] */
  async connected(timeout) {
    await this.page.locator('.line-note[data-state=connected]').waitFor({ state: 'attached', timeout });
  }

  /** A file that the shell wrote. @param {string} name */
  file(name) {
    return readFile(join(this.folder, name), 'utf8');
  }

  /** Has the shell do a command; gives what that printed. @param {string} command */
  async run(command) {
    const name = `answer-${process.pid}-${serial++}`;
    await this.page.keyboard.type(`{ ${command}; } > part; mv part ${name}\n`);
    const { text } = await until(`the answer to: ${command}`, async () => ({ text: await this.file(name) }));
    return text.replace(/\n$/, '');
  }

  /** Presses the terminal's own key for pasting, and sees this text arrive. @param {string} text */
  async pastes(text) {
    const name = `paste-${process.pid}-${serial++}`;
    // So many letters, and no more: a terminal asks for the text, and other keys may be quicker.
    await this.page.keyboard.type(`read -rN ${[...text].length} x; echo -n "$x" > part; mv part ${name}\n`);
    await this.page.keyboard.press('Shift+Insert');
    const arrived = await until('what was pasted', () => this.file(name));
    assert.equal(arrived, text);
  }

  /** The shell's window is there, and gets what is typed. @param {boolean} [touch] */
  async awake(touch = false) {
    await until('a shell that listens', async () => {
      // A window that came before its manager is given the keys by a click.
      await (touch ? this.canvas.tap({ position: { x: 200, y: 300 } }) : this.canvas.click({ position: { x: 200, y: 300 } }));
      // Whatever of it arrives does no harm.
      await this.page.keyboard.type('> awake\n');
      return until('its answer', async () => (await this.file('awake')) === '', 700);
    }, 20_000);
  }

  /** How large the screen is on the server. */
  size() {
    return this.canvas.evaluate((canvas) => `${/** @type {HTMLCanvasElement} */ (canvas).width} ${/** @type {HTMLCanvasElement} */ (canvas).height}`);
  }

  /** @param {string} size */
  async becomes(size) {
    await until(`a screen of ${size}`, async () => (await this.size()) === size);
  }

  /** Opens one of the controls. @param {string} name @param {boolean} [touch] */
  async control(name, touch = false) {
    /** @param {import('playwright-core').Locator} locator */
    const press = (locator) => (touch ? locator.tap() : locator.click());
    if (!(await this.tools.isVisible())) await press(this.tab);
    await press(this.tools.getByRole('button', { name, exact: true }));
  }
}
