// Keeps the models true by the server's events. Every event is emitted under its name too (detail: its data), for those
// who want to know of it beside the models: `notice`, `job`, `snapshot`.
import { panel } from './api-panel.js';

export class Live extends EventTarget {
  /** @param {import('./store.js').Instances} instances @param {import('./store.js').Server} server @param {import('./jobs.js').Jobs} jobs @param {import('./notices.js').Notices} notices */
  constructor(instances, server, jobs, notices) {
    super();
    this.notices = notices;
    this.instances = instances;
    this.server = server;
    this.jobs = jobs;
  }

  get #share() {
    return /** @type {{ aikoreShare: import('./live-share.js').Share }} */ (/** @type {unknown} */ (globalThis)).aikoreShare;
  }

  /** Whether this is the page, of those of this browser, that does what is to be done once. */
  get leads() {
    return this.#share.leads;
  }

  /** Takes over the line that the page's first script has opened. */
  start() {
    this.#share.listen(
      (name, data) => this.#take(name, data),
      () => this.#lost(),
    );
  }

  #lost() {
    this.server.setLink('lost');
    // A stream does not say why it ended. If the session did, the answer leads to the login.
    panel.session().catch(() => {});
  }

  /** @param {string} name @param {any} data */
  #take(name, data) {
    switch (name) {
      case 'snapshot':
        this.server.apply(data);
        this.instances.replace(data.instances);
        this.jobs.replace(data.jobs ?? []);
        this.notices.outdated(data.unread_notices ?? 0);
        break;
      case 'instance':
        this.instances.put(data);
        break;
      case 'removed':
        this.instances.drop(data.id);
        break;
      case 'job':
        this.jobs.put(data);
        break;
      case 'notice':
        this.notices.put(data);
        break;
      case 'notices_read':
        this.notices.outdated(data.unread);
        break;
      case 'log':
        this.instances.get(data.id)?.grew(data.size);
        break;
      case 'stats':
        this.server.setStats(data);
        this.instances.setUses(data.instances ?? []);
        break;
    }
    this.dispatchEvent(new CustomEvent(name, { detail: data }));
    // After a short break the server resumes without a snapshot.
    if (this.instances.known) this.server.setLink('live');
  }
}
