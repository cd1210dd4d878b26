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
    await this.dialog.getByRole('option').first().waitFor();
  }

  /** @param {string} title */
  option(title) {
    return this.dialog.getByRole('option').filter({ has: this.page.locator('.option-name').getByText(title, { exact: true }) });
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

  /** The log's lines as text. @returns {Promise<string[]>} */
  logLines() {
    return this.log.locator('.log-line').allTextContents();
  }

  /** @param {RegExp} pattern @param {number} [timeout] */
  async logShows(pattern, timeout) {
    return until(`a line in the log like ${pattern}`, async () => (await this.logLines()).find((line) => pattern.test(line)), timeout);
  }
}
