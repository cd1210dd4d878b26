// The server's own log.
import { ownLog } from '../api-logs.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';
import { LogReader } from '../logs/reader.js';

export class ServerLogView {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.reader = new LogReader({ label: 'Log of AiKore itself', zoom: 'tool.server-log', withTimes: false, server: app.server, socket: ownLog.socket, probe: ownLog.ask, file: () => ownLog.file() });
    this.reader.whenBare = () => 'Nothing yet: AiKore has said nothing since it was started.';
    const status = el('span', { class: 'status' }, icon('logs'), el('span', { text: 'AiKore itself' }));
    const about = el('span', { class: 'ellipsis muted', text: 'The latest of its log since it was started' });
    const bar = el('div', { class: 'tool-bar' }, status, about, el('span', { class: 'spring' }), ...this.reader.refs.tools);
    this.element = el('div', { class: 'tool-view log-view' }, bar, this.reader.element);
    this.reader.latest();
  }

  /** @param {boolean} shown */
  setShown(shown) {
    this.reader.setShown(shown);
  }

  focus() {
    this.reader.pane.focus();
  }

  close() {
    this.reader.close();
  }
}
