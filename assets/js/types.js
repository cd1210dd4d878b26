// The words of the server, as types. No code.

/** @typedef {'stopped'|'starting'|'installing'|'started'|'stalled'|'stopping'|'error'} Status */
/** @typedef {{ path: string|null, port: string|null, host: string|null }} Urls */
/** @typedef {{ code: number|null, signal: string|number|null, at: string|null }} Exit */
/** @typedef {{ phase: string|null, step: number|null, steps: number|null, percent: number|null }} Progress */
/** @typedef {{ field: string, old: unknown, new: unknown, why: string }} ImportNote */

/**
 * @typedef {object} Instance
 * @property {number} id
 * @property {number|null} parent_instance_id
 * @property {string} name
 * @property {string} slug
 * @property {string} base_blueprint
 * @property {string|null} gpu_ids
 * @property {string|null} output_path
 * @property {boolean} autostart
 * @property {'auto'|'off'} helper the page helper at its path
 * @property {'never'|'on-failure'|'always'} restart_policy
 * @property {{ attempt: number, of: number, at: string }|null} restart a start that is coming by itself
 * @property {string} [note] what else there is to say about what was asked for
 * @property {boolean} persistent_mode
 * @property {string|null} hostname
 * @property {boolean} use_custom_hostname
 * @property {Status} status
 * @property {string|null} reason
 * @property {string|null} since
 * @property {Exit|null} exit
 * @property {Progress|null} progress
 * @property {'running'|'stopped'} desired
 * @property {number|null} pid
 * @property {string|null} [run] the run its log belongs to
 * @property {number|null} port
 * @property {number|null} persistent_port
 * @property {number|null} app_port
 * @property {Urls} urls
 * @property {number} order
 * @property {number} log_size
 * @property {ImportNote[]} import_notes
 * @property {'hot'|'cold'} [applied]
 */

/**
 * @typedef {object} Blueprint
 * @property {string} filename
 * @property {string|null} category
 * @property {string|null} name
 * @property {string|null} description
 * @property {string|null} gpu
 * @property {string|null} disk
 * @property {string|null} homepage
 * @property {string|null} license
 * @property {string|null} icon
 */
/** @typedef {{ stock: Blueprint[], custom: Blueprint[] }} Blueprints */

/** @typedef {{ id: number, name: string, vram_total: number }} GpuInfo */
/** @typedef {{ gpu_count: number, gpus: GpuInfo[], version: string }} Info */
/** @typedef {{ total: number, used: number, percent: number }} Use */
/** @typedef {{ id: number, name: string, vram: Use, utilization_percent: number }} GpuUse */
/** @typedef {{ cpu_percent: number, ram: Use, gpus: GpuUse[] }} Stats */
/** @typedef {{ version: string, boot: string, auth: 'none'|'password', gpu_count: number, instances: Instance[] }} Snapshot */
/** @typedef {{ level: 'info'|'warn'|'error', text: string, instance_id: number|null, at: string }} Notice */
/** @typedef {{ content: string, size: number, start: number, run?: string|null }} LogPart */

export {};
