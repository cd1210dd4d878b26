// The dashboard in the words of its user.
import { until } from './wait.js';

/** @typedef {import('playwright-core').Locator} Locator */

export class Dashboard {
  /** @param {import('playwright-core').Page} page @param {string} address @param {boolean} touch */
  constructor(page, address, touch) {
    this.page = page;
    this.address = address;
    this.touch = touch;
    this.dialog = page.getByRole('dialog');
    this.rows = page.locator('tr[data-id]');
    this.log = page.getByRole('log');
    this.banner = page.locator('.strip-lost');
  }

  /** By finger or mouse. @param {Locator} locator */
  async act(locator) {
    await (this.touch ? locator.tap() : locator.click());
  }

  /** Opens it and waits until it is alive. */
  async open() {
    await this.page.goto(`${this.address}/`);
    await this.live();
  }

  /** @param {number} [timeout] */
  async live(timeout) {
    await this.page.locator('html[data-link=live]').waitFor({ timeout });
  }

  /** @param {string} name */
  row(name) {
    return this.rows.filter({ has: this.page.locator('.name-text').getByText(name, { exact: true }) });
  }

  /** @param {string} name @param {string} status @param {number} [timeout] */
  async reaches(name, status, timeout) {
    await this.row(name).and(this.page.locator(`[data-status=${status}]`)).waitFor({ timeout });
  }

  /** The button a row offers first. @param {string} name */
  primary(name) {
    return this.row(name).locator('.primary-action');
  }

  /** Opens the "…" menu. @param {string} name */
  async menu(name) {
    await this.act(this.row(name).getByRole('button', { name: `More actions for ${name}` }));
    return this.page.getByRole('menu', { name: `Actions for ${name}` });
  }

  /** @param {string} name @param {string} label */
  async choose(name, label) {
    const menu = await this.menu(name);
    await this.act(menu.getByRole('menuitem').filter({ has: this.page.locator('.menu-label').getByText(label, { exact: true }) }));
  }

  /** Opens the dialog for a new instance, with its blueprints there. */
  async openCreate() {
    await this.act(this.page.getByRole('button', { name: 'New instance' }).filter({ visible: true }).first());
    await this.dialog.locator('.blueprint').first().waitFor();
  }

  /** A blueprint of the catalogue. @param {string} title */
  option(title) {
    return this.dialog.locator('.blueprint').getByRole('button', { name: title, exact: true });
  }

  /** @param {string} label */
  field(label) {
    return this.dialog.getByLabel(label, { exact: true });
  }

  /** What is said to be wrong with a field. @param {string} label */
  fault(label) {
    return this.dialog.locator('.field').filter({ has: this.page.getByText(label, { exact: true }) }).getByRole('alert');
  }

  /** @param {string} label */
  async press(label) {
    await this.act(this.dialog.getByRole('button', { name: label, exact: true }));
  }

  /** Creates an instance by the dialog. @param {string} blueprint its title @param {string} name @param {{ start?: boolean }} [options] */
  async create(blueprint, name, { start = true } = {}) {
    await this.openCreate();
    await this.act(this.option(blueprint));
    await this.field('Name').fill(name);
    await this.dialog.getByLabel('Start now').setChecked(start);
    await this.press(start ? 'Create and start' : 'Create');
    await this.dialog.waitFor({ state: 'detached' });
    await this.row(name).waitFor();
  }

  /** A cell of a row. @param {string} name @param {string} column */
  cell(name, column) {
    return this.row(name).locator(`td.c-${column}`);
  }

  /** Types into a cell that is a text. @param {string} name @param {string} column @param {string} text */
  async type(name, column, text) {
    const cell = this.cell(name, column);
    await cell.click({ position: { x: 16, y: 14 } });
    await cell.locator('.cell-input').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** The line below a row: why its changes can't be saved as they are. @param {string} name */
  note(name) {
    return this.page.locator('.row-note').and(this.page.locator(`tr:has(.name-text:text-is("${name}")) + tr`));
  }

  /** Opens the review of all changes. */
  async review() {
    await this.act(this.page.getByRole('button', { name: /^Save \(\d+\)$/ }));
    await this.page.locator('.review-part').first().waitFor();
  }

  /** Saves what the review shows. */
  async confirmReview() {
    await this.page.locator('.review-part').first().waitFor();
    await this.act(this.page.locator('.dialog-review .dialog-foot button[type=submit]'));
    await this.page.locator('.dialog-review').waitFor({ state: 'detached' });
  }

  /** The log's lines as text. @returns {Promise<string[]>} */
  async logLines() {
    // The screen may be drawn by the graphics card: the region gives what is on it as text.
    const text = await this.log.evaluate((log) => /** @type {HTMLElement & { logText: () => string }} */ (log).logText());
    return text.split('\n');
  }

  /** @param {RegExp} pattern @param {number} [timeout] */
  async logShows(pattern, timeout) {
    return until(`a line in the log like ${pattern}`, async () => (await this.logLines()).find((line) => pattern.test(line)), timeout);
  }
}
