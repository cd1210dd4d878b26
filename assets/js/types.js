// The words of the server, as types. No code.

/** @typedef {'stopped'|'starting'|'installing'|'started'|'stalled'|'stopping'|'error'} Status */
/** @typedef {{ path: string|null, port: string|null, host: string|null, app?: string|null }} Urls app: the web UI itself, where the others show its desktop */
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
 * @property {string|null} python_version
 * @property {string|null} cuda_version
 * @property {string|null} torch_version
 * @property {boolean} autostart
 * @property {'private'|'token'|'public'} access who may open it
 * @property {'auto'|'off'} helper the page helper at its path
 * @property {'never'|'on-failure'|'always'} restart_policy
 * @property {{ attempt: number, of: number, at: string }|null} restart a start that is coming by itself
 * @property {string} [note] what else there is to say about what was asked for
 * @property {boolean} persistent_mode
 * @property {{ engine: 'tigervnc'|'kasmvnc', display: string }|null} [desktop] its screen, while there is one
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
 * @property {ParamValues} params for its blueprint's inputs
 * @property {number} order
 * @property {string|null} [group] the heading it stands under
 * @property {number} log_size
 * @property {ImportNote[]} import_notes
 * @property {'hot'|'cold'} [applied]
 */

/** @typedef {{ field: string, base: unknown, yours: unknown, theirs: unknown }} Overwritten what somebody else changed meanwhile */
/** @typedef {Instance & { restarts: boolean, cold: string[], changes: Record<string, { old: unknown, new: unknown }> }} Planned what a change would do */

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
 * @property {string|null} min_vram
 * @property {Param[]} params the inputs it asks for
 * @property {string[]} param_faults what of them can't be understood
 * @property {Record<string, string>} [header] every line of its header
 */
/** @typedef {{ name: string, type: 'bool'|'int'|'enum'|'text'|'secret'|'path', default: boolean|number|string|null, label: string, hint: string|null, required: boolean, options: string[], min: number|null, max: number|null, variable: string }} Param */
/** @typedef {Record<string, boolean|number|string|{ set: true }>} ParamValues a secret only says that it is set */
/** @typedef {{ stock: Blueprint[], custom: Blueprint[] }} Blueprints */

/** @typedef {{ id: number, uuid: string, name: string, vram_total: number }} GpuInfo */
/** @typedef {{ engine: 'tigervnc'|'kasmvnc'|null, browser: string|null, acceleration: string|null, missing: string|null }} DesktopInfo what persistent mode has to work with; missing: a sentence that says what to install */
/** @typedef {{ version: string, cuda: string|null }} Driver */
/** @typedef {{ gpu_count: number, gpus: GpuInfo[], gpu_note: string|null, driver: Driver|null, cpu_cores: number, ram_total: number, version: string }} Info */
/** @typedef {{ total: number, used: number, percent: number }} Use */
/** @typedef {Use & { path: string, holds: string[], free: number }} DiskUse */
/**
 * @typedef {object} GpuUse what a card does not tell is null
 * @property {number} id
 * @property {string} uuid
 * @property {string} name
 * @property {Use} vram
 * @property {number|null} utilization_percent
 * @property {number|null} temperature °C
 * @property {number|null} power watts
 * @property {number|null} power_limit watts
 * @property {number|null} clock MHz
 * @property {number|null} memory_clock MHz
 * @property {'nvidia'|'amd'} [kind] who made it
 * @property {GpuProcess[]} [processes] who is on it
 * @property {GpuSlice[]} [mig] the parts it is divided into
 * @property {boolean} stale the driver does not answer: the last figures there were
 */
/** @typedef {{ pid: number, memory: number|null, instance_id: number|null, name: string|null }} GpuProcess */
/** @typedef {{ uuid: string, name: string, vram: Use|null }} GpuSlice a part of a card that is given out as a card of its own */
/** @typedef {{ id: number, cpu_percent: number, memory: number, vram: number|null, vram_note?: string|null, disk_read?: number|null, disk_written?: number|null }} InstanceUse cpu: 100 is one core; bytes, of disks in a second; vram_note: why that is not known */
/**
 * @typedef {object} Stats
 * @property {number} at seconds since 1970
 * @property {number} cpu_percent
 * @property {number} cpu_cores how many cores are 100 %
 * @property {boolean} cpu_limited a limit of the container's
 * @property {Use} ram
 * @property {boolean} ram_limited a limit of the container's
 * @property {DiskUse[]} disks
 * @property {GpuUse[]} gpus
 * @property {string|null} gpu_note why there are no figures of GPUs, or not of all: a sentence
 * @property {Driver|null} driver
 * @property {InstanceUse[]} [instances]
 */
/** @typedef {(number|null)[]} Figures */
/** @typedef {{ id: number, uuid: string, name: string, utilization: Figures, vram: Figures, temperature: Figures, power: Figures }} PastGpu */
/** @typedef {{ step: number, at: number[], cpu: Figures, ram: Figures, gpus: PastGpu[] }} Past columns of equal length; step: seconds a point stands for */
/** @typedef {{ id: string, kind: string, instance_id: number|null, state: 'queued'|'running'|'done'|'failed'|'cancelled', done: number, total: number|null, unit: string, message: string|null, error: string|null }} Job */
/** @typedef {{ version: string, boot: string, assets?: string, auth: 'none'|'password', gpu_count: number, jobs?: Job[], unread_notices?: number, instances: Instance[] }} Snapshot */
/** @typedef {{ id: number|null, kind: 'ready'|'crashed'|'gave_up'|'stalled'|'disk'|'gpu_lost'|'job_done'|'test'|'general', level: 'info'|'warn'|'error', text: string, instance_id: number|null, at: string, unread?: number }} Notice unread: how many are, with it */

export {};
