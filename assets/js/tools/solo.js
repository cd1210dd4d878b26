// A tool in a window of its own: `?tool=logs&instance=<slug>`.
import { toolById } from './registry.js';

/** @typedef {{ tool: import('./registry.js').Tool, slug: string|null }} Solo */

/** Which tool this page is about alone, if it is. @param {string} search @returns {Solo|null} */
export function soloOf(search) {
  const asked = new URLSearchParams(search);
  const tool = toolById(asked.get('tool'));
  const slug = asked.get('instance');
  if (!tool || tool.perInstance !== Boolean(slug)) return null;
  return { tool, slug };
}

/** @param {import('./registry.js').Tool} tool @param {import('../store.js').InstanceModel} [model] */
export function soloAddress(tool, model) {
  const url = new URL('./', document.baseURI);
  url.searchParams.set('tool', tool.id);
  if (model) url.searchParams.set('instance', model.data.slug);
  return url.href;
}
