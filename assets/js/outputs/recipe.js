// How a picture was made, read off the texts in it. Pure: what can't be understood is shown as it is.

/** @typedef {import('../api-outputs.js').Text} Text */
/** @typedef {{ prompt: string, negative: string, settings: [string, string][], graphs: { key: string, text: string }[], others: Text[] }} Recipe */

/** @param {string} text @returns {any} */
function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `Steps: 20, Sampler: Euler a, Note: "one, two"` @param {string} line @returns {[string, string][]} */
function settingsOf(line) {
  return [...line.matchAll(/\s*([\w \-/]+):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/g)].map(([, key, value]) => {
    const plain = value.startsWith('"') ? (json(value) ?? value) : value.trim();
    return [key.trim(), String(plain)];
  });
}

/** The form that many apps share: prompt, negative prompt, a line of settings. @param {string} text @param {Recipe} recipe */
function parameters(text, recipe) {
  const lines = text.trim().split('\n');
  const last = lines.at(-1) ?? '';
  const settings = /^\s*Steps:/.test(last) || settingsOf(last).length >= 3 ? settingsOf(String(lines.pop())) : [];
  const at = lines.findIndex((line) => line.startsWith('Negative prompt:'));
  const [good, bad] = at < 0 ? [lines, []] : [lines.slice(0, at), lines.slice(at)];
  recipe.prompt ||= good.join('\n').trim();
  recipe.negative ||= bad.join('\n').replace('Negative prompt:', '').trim();
  recipe.settings.push(...settings);
}

/** Fields of a ComfyUI node that say something, and their names. @type {Record<string, string>} */
const INPUTS = { steps: 'Steps', sampler_name: 'Sampler', scheduler: 'Schedule', cfg: 'CFG scale', seed: 'Seed', noise_seed: 'Seed', denoise: 'Denoise', ckpt_name: 'Model', unet_name: 'Model', lora_name: 'LoRA', vae_name: 'VAE' };

/** The text a node was given, by way of other nodes. @param {any} graph @param {any} input @param {number} [depth] @returns {string} */
function textOf(graph, input, depth = 0) {
  if (typeof input === 'string') return input;
  const inputs = Array.isArray(input) && depth < 12 ? graph[input[0]]?.inputs : null;
  if (!inputs || typeof inputs !== 'object') return '';
  for (const name of ['text', 'text_g', 'string', 'value', 'prompt', 'conditioning', 'positive']) {
    const found = textOf(graph, inputs[name], depth + 1);
    if (found) return found;
  }
  return '';
}

/** A graph of ComfyUI's nodes as it was run. @param {any} graph @param {Recipe} recipe */
function nodes(graph, recipe) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const node of Object.values(graph).slice(0, 2000)) {
    const inputs = /** @type {any} */ (node)?.inputs;
    if (!inputs || typeof inputs !== 'object') continue;
    recipe.prompt ||= 'positive' in inputs ? textOf(graph, inputs.positive) : '';
    recipe.negative ||= 'negative' in inputs ? textOf(graph, inputs.negative) : '';
    for (const [name, label] of Object.entries(INPUTS)) {
      const value = inputs[name];
      if ((typeof value === 'string' || typeof value === 'number') && !found.has(label)) found.set(label, String(value));
    }
  }
  recipe.settings.push(...found);
}

/** InvokeAI's and others' plain object. @param {any} data @param {Recipe} recipe */
function plain(data, recipe) {
  for (const [key, value] of Object.entries(data).slice(0, 200)) {
    if (['positive_prompt', 'prompt'].includes(key) && typeof value === 'string') recipe.prompt ||= value;
    else if (['negative_prompt', 'uc'].includes(key) && typeof value === 'string') recipe.negative ||= value;
    else if (['string', 'number', 'boolean'].includes(typeof value)) recipe.settings.push([key.replaceAll('_', ' '), String(value)]);
    else if (key === 'model' && value && typeof value === 'object') recipe.settings.push(['Model', String(/** @type {any} */ (value).name ?? /** @type {any} */ (value).model_name ?? '')]);
  }
}

/** @param {Text[]} texts @returns {Recipe} */
export function recipeOf(texts) {
  /** @type {Recipe} */
  const recipe = { prompt: '', negative: '', settings: [], graphs: [], others: [] };
  for (const text of texts) {
    // ComfyUI's animated pictures carry the key in the text.
    const [, carried, rest] = /^(prompt|workflow):([\s\S]*)$/i.exec(text.text) ?? [];
    const key = (carried ?? text.key).toLowerCase();
    const body = rest ?? text.text;
    const data = /^\s*[[{]/.test(body) ? json(body) : null;
    if (key === 'parameters' || (key === 'usercomment' && /(^|\n)\s*Steps:/.test(body))) parameters(body, recipe);
    else if (data && typeof data === 'object') {
      if (key === 'prompt' && !Array.isArray(data)) nodes(data, recipe);
      else if (['invokeai_metadata', 'sd-metadata', 'comment'].includes(key)) plain(data, recipe);
      recipe.graphs.push({ key: carried ?? text.key, text: JSON.stringify(data, null, 2) });
    } else recipe.others.push(text);
  }
  return recipe;
}
