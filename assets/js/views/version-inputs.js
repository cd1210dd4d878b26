// The versions of an instance's environment, folded away: blueprints know what they need.
import { el } from '../dom.js';
import { field, textInput } from './dialog.js';
import { offerVersions } from './version-offers.js';

const VERSIONS = /** @type {const} */ ([
  ['python_version', 'Python'],
  ['cuda_version', 'CUDA'],
  ['torch_version', 'Torch'],
]);

export class VersionInputs {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.fields = VERSIONS.map(([name, label]) => {
      const control = textInput({ class: 'input mono', placeholder: 'as the blueprint says', maxlength: '32' });
      const made = field(label, control);
      control.addEventListener('input', () => made.setError(null));
      return { name, made };
    });
    const summary = el('summary', { text: 'Versions of Python, CUDA and Torch' });
    const [python, cuda, torch] = this.fields.map(({ made }) => made.control);
    const words = offerVersions(app, { python_version: python, cuda_version: cuda, torch_version: torch });
    this.element = el('details', { class: 'versions wide' }, summary, el('div', { class: 'versions-fields' }, ...this.fields.map(({ made }) => made.element)), words);
  }

  /** @returns {Record<string, string>} */
  get values() {
    return Object.fromEntries(this.fields.flatMap(({ name, made }) => (made.control.value.trim() ? [[name, made.control.value.trim()]] : [])));
  }

  /** @returns {Record<string, import('./dialog.js').Place>} */
  get places() {
    return Object.fromEntries(
      this.fields.map(({ name, made }) => [
        name,
        {
          setError: (/** @type {string|null} */ text) => {
            if (text) this.element.open = true;
            made.setError(text);
          },
          focus: made.focus,
        },
      ]),
    );
  }
}
