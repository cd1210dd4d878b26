// The inputs a blueprint asks for, as fields of a form.
import { button, el, setText, show } from '../dom.js';
import { field, textInput, tick } from './dialog.js';

/** @typedef {import('../types.js').Param} Param */
/** @typedef {import('../types.js').ParamValues} ParamValues */
/** @typedef {import('./dialog.js').Place} Place */
/** @typedef {{ param: Param, element: HTMLElement, place: Place, read: () => boolean|number|string|null|undefined, fault?: () => string|null }} Input read: undefined: as it was; null: the default again */

export class ParamInputs {
  /** @type {Input[]} */
  #inputs;

  /** @param {Param[]} params @param {ParamValues} present what was given before */
  constructor(params, present = {}) {
    this.#inputs = params.map((param) => make(param, present[param.name]));
    this.element = el('div', { class: 'params' }, ...this.#inputs.map(({ element }) => element));
  }

  get isEmpty() {
    return this.#inputs.length === 0;
  }

  /** What was given or changed. @returns {Record<string, boolean|number|string|null>} */
  get values() {
    /** @type {Record<string, boolean|number|string|null>} */
    const values = {};
    for (const { param, read } of this.#inputs) {
      const value = read();
      if (value !== undefined) values[param.name] = value;
    }
    return values;
  }

  /** Says what is wrong before the server does, at each of them, and goes to the first. @returns {boolean} whether all is well */
  check() {
    const wrong = this.#inputs.filter(({ place, fault }) => {
      const why = fault?.() ?? null;
      place.setError(why);
      return why !== null;
    });
    wrong[0]?.place.focus();
    return wrong.length === 0;
  }

  /** Where the server's refusals belong, by its names of the fields. @returns {Record<string, Place>} */
  get places() {
    return Object.fromEntries(this.#inputs.map(({ param, place }) => [`params.${param.name}`, place]));
  }
}

/** @param {Param} param @param {ParamValues[string]|undefined} present @returns {Input} */
function make(param, present) {
  switch (param.type) {
    case 'bool':
      return ofBool(param, present);
    case 'enum':
      return ofEnum(param, present);
    case 'secret':
      return ofSecret(param, present !== undefined);
    default:
      return ofLine(param, present);
  }
}

/** @param {Param} param */
const label = (param) => (param.required ? `${param.label} (required)` : param.label);

/** @param {Param} param @param {ParamValues[string]|undefined} present @returns {Input} */
function ofBool(param, present) {
  const begun = present ?? param.default ?? false;
  const { element, input } = tick(param.label, begun === true, param.hint ?? undefined);
  const error = el('p', { class: 'field-error', role: 'alert', hidden: true });
  const place = {
    focus: () => input.focus(),
    /** @param {string|null} text */
    setError(text) {
      setText(error, text ?? '');
      show(error, Boolean(text));
    },
  };
  return { param, place, element: el('div', { class: 'field param-bool' }, element, error), read: () => (input.checked === begun ? undefined : input.checked) };
}

/** @param {Param} param @param {ParamValues[string]|undefined} present @returns {Input} */
function ofEnum(param, present) {
  const begun = String(present ?? param.default ?? '');
  const select = el('select', { class: 'input' }, ...param.options.map((option) => el('option', { value: option, text: option })));
  select.value = begun;
  const named = field(label(param), select, { hint: param.hint ?? '' });
  select.addEventListener('change', () => named.setError(null));
  return { param, place: named, element: named.element, read: () => (select.value === begun ? undefined : select.value) };
}

/** Text, path and number. @param {Param} param @param {ParamValues[string]|undefined} present @returns {Input} */
function ofLine(param, present) {
  const isNumber = param.type === 'int';
  const begun = present === undefined ? '' : String(present);
  const input = textInput({ value: begun, placeholder: param.default === null ? '' : String(param.default) });
  if (isNumber) {
    input.type = 'number';
    input.step = '1';
    if (param.min !== null) input.min = String(param.min);
    if (param.max !== null) input.max = String(param.max);
  } else if (param.type === 'path') input.classList.add('mono');
  const range = isNumber ? between(param) : '';
  const named = field(label(param), input, { hint: [param.hint, range].filter(Boolean).join(' ') });
  input.addEventListener('input', () => named.setError(null));
  const read = () => {
    // What a number field does not understand it gives as nothing: that must not pass for the default.
    if (isNumber && input.validity.badInput) return input.value || 'no number';
    if (input.value === begun) return undefined;
    if (input.value === '') return null;
    return isNumber ? Number(input.value) : input.value;
  };
  const fault = () => {
    if (input.validity.badInput) return `${param.label}: it must be a whole number.`;
    if (input.value === '') return param.required && (param.default === null || param.default === '') ? `${param.label}: it needs a value.` : null;
    return isNumber ? numberFault(param, Number(input.value)) : null;
  };
  // As soon as it is left; that something is missing is said when it is sent.
  input.addEventListener('change', () => input.value !== '' && named.setError(fault()));
  return { param, place: named, element: named.element, read, fault };
}

/** In the server's words. @param {Param} param @param {number} number */
function numberFault({ label, min, max }, number) {
  if (!Number.isInteger(number)) return `${label}: it must be a whole number.`;
  if (min !== null && number < min) return `${label}: it must be at least ${min}.`;
  return max !== null && number > max ? `${label}: it must be at most ${max}.` : null;
}

/** @param {Param} param */
function between({ min, max }) {
  if (min !== null && max !== null) return `From ${min} to ${max}.`;
  if (min !== null) return `At least ${min}.`;
  return max === null ? '' : `At most ${max}.`;
}

/** It is written and never read: what is set can be replaced or taken away. @param {Param} param @param {boolean} isSet @returns {Input} */
function ofSecret(param, isSet) {
  const input = textInput({ placeholder: isSet ? 'Set. Type to replace it.' : '', autocomplete: 'new-password' });
  input.type = 'password';
  let removed = false;
  const named = field(label(param), input, { hint: param.hint ?? 'It is never shown again.' });
  const remove = button('Remove', { quiet: true });
  show(remove, isSet && !param.required);
  remove.addEventListener('click', () => {
    removed = !removed;
    input.disabled = removed;
    input.placeholder = removed ? 'Will be removed' : 'Set. Type to replace it.';
    setText(/** @type {Element} */ (remove.querySelector('.button-label')), removed ? 'Keep' : 'Remove');
  });
  input.addEventListener('input', () => named.setError(null));
  input.replaceWith(el('span', { class: 'secret' }, remove));
  remove.before(input);
  const fault = () => (param.required && !isSet && !input.value ? `${param.label}: it needs a value.` : null);
  return { param, place: named, element: named.element, read: () => (removed ? null : input.value || undefined), fault };
}
