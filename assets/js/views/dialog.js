// What all dialogs share: the native element, a form, an error line, and fields with their own errors.
import { ApiError, sentence } from '../api.js';
import { button, el, iconButton, setAttr, setText, show, uid } from '../dom.js';
import { icon } from '../icons.js';

/**
 * @typedef {object} DialogOptions
 * @property {string} title
 * @property {string} [className]
 * @property {string} [submit] the label of the button that does it; without it there is only Close
 * @property {boolean} [danger]
 * @property {(dialog: Dialog) => Promise<void>|void} [onSubmit] throws what is to be shown; closes the dialog by itself when done
 * @property {() => void} [onClose]
 */

export class Dialog {
  #busy = false;

  /** @param {DialogOptions} options */
  constructor(options) {
    this.options = options;
    const id = uid('dialog');
    this.title = el('h2', { id, text: options.title });
    this.body = el('div', { class: 'dialog-body' });
    this.errorText = el('p', {});
    this.error = el('div', { class: 'form-error', role: 'alert', hidden: true }, icon('error'), this.errorText);
    this.notice = el('div', { class: 'form-notice', hidden: true });
    this.cancel = button(options.submit ? 'Cancel' : 'Close', { on: { click: () => this.close() } });
    this.submit = button(options.submit ?? '', { primary: !options.danger, class: options.danger ? 'danger' : '', type: 'submit' });
    this.footer = el('footer', { class: 'dialog-foot' }, el('span', { class: 'spring' }), this.cancel, options.submit ? this.submit : null);
    const form = el(
      'form',
      { novalidate: true, class: 'dialog-form' },
      el('header', { class: 'dialog-head' }, this.title, iconButton('close', 'Close', () => this.close())),
      this.body,
      this.notice,
      this.error,
      this.footer,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.element = el('dialog', { class: `dialog ${options.className ?? ''}`.trim(), 'aria-labelledby': id }, form);
    this.element.addEventListener('close', () => {
      this.element.remove();
      options.onClose?.();
    });
    // Keys of the page stay outside.
    this.element.addEventListener('keydown', (event) => event.stopPropagation());
  }

  /** @param {HTMLElement} [first] what is focused */
  open(first) {
    document.body.append(this.element);
    this.element.showModal();
    first?.focus();
  }

  close() {
    if (this.element.open) this.element.close();
  }

  get isOpen() {
    return this.element.open;
  }

  /** @param {string|null} text */
  setError(text) {
    setText(this.errorText, text ?? '');
    show(this.error, Boolean(text));
    if (text) this.error.scrollIntoView({ block: 'nearest' });
  }

  /** @param {boolean} able */
  setReady(able) {
    this.submit.toggleAttribute('disabled', !able || this.#busy);
  }

  async #send() {
    if (this.#busy || this.submit.disabled) return;
    this.#busy = true;
    this.setError(null);
    this.submit.disabled = true;
    this.submit.classList.add('busy');
    try {
      await this.options.onSubmit?.(this);
    } catch (error) {
      this.setError(sentence(error));
    } finally {
      this.#busy = false;
      this.submit.disabled = false;
      this.submit.classList.remove('busy');
    }
  }
}

/**
 * A labelled control with a hint and an error of its own.
 * @template {HTMLElement} T
 * @param {string} label @param {T} control @param {{ hint?: string|Node, wide?: boolean }} [options]
 */
export function field(label, control, { hint, wide } = {}) {
  const id = control.id || uid('field');
  control.id = id;
  const hintLine = el('p', { class: 'hint', id: `${id}-hint` }, hint ?? null);
  const errorLine = el('p', { class: 'field-error', id: `${id}-error`, role: 'alert', hidden: true });
  setAttr(control, 'aria-describedby', `${id}-hint ${id}-error`);
  const element = el('div', { class: wide ? 'field wide' : 'field' }, el('label', { for: id, text: label }), control, hintLine, errorLine);
  return {
    element,
    control,
    focus: () => control.focus(),
    /** @param {string|null} text */
    setError(text) {
      setText(errorLine, text ?? '');
      show(errorLine, Boolean(text));
      show(hintLine, !text);
      setAttr(control, 'aria-invalid', text ? 'true' : null);
    },
    /** @param {string} text */
    setHint(text) {
      setText(hintLine, text);
    },
  };
}

/** @typedef {{ setError: (text: string|null) => void, focus: () => void }} Place where an error can be shown */

/**
 * Shows a refusal at the field it is about and throws any other on, for the line of the dialog.
 * @param {unknown} error
 * @param {Record<string, Place|undefined>} places by the server's names of the fields
 * @param {(status: number, detail: string) => string|null} guess the field, where the server does not say
 */
export function showAt(error, places, guess) {
  const name = error instanceof ApiError ? (error.field ?? guess(error.status, error.detail)) : null;
  const place = name ? places[name] : undefined;
  if (!place) throw error;
  place.setError(sentence(error));
  place.focus();
}

/** A tick with its words beside it. @param {string} label @param {boolean} checked @param {string} [hint] */
export function tick(label, checked, hint) {
  const input = el('input', { type: 'checkbox', class: 'tick-box' });
  input.checked = checked;
  const line = el('span', { class: 'hint', text: hint });
  show(line, Boolean(hint));
  const element = el('label', { class: 'tick' }, input, el('span', {}, label, line));
  return {
    element,
    input,
    /** It can't be ticked, for this reason. @param {string} why */
    refuse(why) {
      input.disabled = true;
      setText(line, why);
      show(line, true);
    },
  };
}

/** @param {Record<string, any>} [props] */
export const textInput = (props = {}) => el('input', { type: 'text', class: 'input', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', ...props });
