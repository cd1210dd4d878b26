// The form of a target of notices: where it is, what proves it, and what it hears of.
import { noticesApi } from '../api-notices.js';
import { el, setText, show } from '../dom.js';
import { NOTICE_KINDS } from '../notices.js';
import { Dialog, field, showAt, textInput, tick } from './dialog.js';

/** @typedef {import('../api-notices.js').Target} Target */
/** @typedef {import('../api-notices.js').TargetKind} TargetKind */

/** @type {Record<TargetKind, { word: string, url: string, example: string, secret: string, secretHint: string }>} */
export const TARGET_KINDS = {
  ntfy: {
    word: 'ntfy',
    url: 'The address of a topic. Whoever knows it can read along: choose one that nobody guesses.',
    example: 'https://ntfy.sh/my-secret-topic',
    secret: 'Access token',
    secretHint: 'Only where the topic is protected.',
  },
  discord: {
    word: 'Discord',
    url: 'In Discord: Edit channel, Integrations, Webhooks, Copy webhook URL. It is kept as a secret.',
    example: 'https://discord.com/api/webhooks/…',
    secret: '',
    secretHint: '',
  },
  webhook: {
    word: 'Webhook',
    url: 'Each notice is posted there as JSON.',
    example: 'https://example.com/hook',
    secret: 'Secret',
    secretHint: 'Signs each notice: X-Aikore-Signature is the HMAC-SHA256 of the body.',
  },
};

/** @param {Target|null} target null: a new one @param {(target: Target, fresh: boolean) => void} done */
export function openTargetDialog(target, done) {
  const kind = field('Kind', el('select', { class: 'input' }, ...Object.entries(TARGET_KINDS).map(([value, { word }]) => el('option', { value, text: word }))), { wide: true });
  const name = field('Name', textInput({ maxlength: '100', placeholder: 'My phone' }), { wide: true });
  const url = field('URL', textInput({ inputmode: 'url', class: 'input mono' }), { wide: true, hint: ' ' });
  const secret = field('Secret', el('input', { type: 'password', class: 'input', autocomplete: 'new-password' }), { wide: true, hint: ' ' });
  const secretLabel = /** @type {HTMLLabelElement} */ (secret.element.querySelector('label'));
  const none = tick('Without it from now on', false);
  const wants = NOTICE_KINDS.map(([value, , word]) => ({ value, tick: tick(word, target ? target.wants.includes(value) : true) }));
  const wantsError = el('p', { class: 'field-error', role: 'alert', hidden: true });
  const enabled = tick('Switched on', target?.enabled ?? true);

  const kindNow = () => /** @type {TargetKind} */ (kind.control.value);
  const render = () => {
    const words = TARGET_KINDS[kindNow()];
    url.setHint(words.url);
    url.control.placeholder = words.example;
    show(secret.element, Boolean(words.secret));
    const kept = Boolean(target?.has_secret && target.kind === kindNow());
    show(none.element, Boolean(words.secret) && kept);
    setText(secretLabel, `${words.secret} (optional)`);
    secret.setHint(kept ? `${words.secretHint} There is one; it stays unless another is given.` : words.secretHint);
    secret.control.disabled = none.input.checked && kept;
  };
  if (target) {
    kind.control.value = target.kind;
    name.control.value = target.name;
    url.control.value = target.url;
  }
  kind.control.addEventListener('change', render);
  none.input.addEventListener('change', render);
  render();

  /** @returns {import('../api-notices.js').TargetFields} */
  const fields = () => {
    const given = secret.control.value;
    const away = none.input.checked || !TARGET_KINDS[kindNow()].secret;
    return {
      name: name.control.value.trim(),
      kind: kindNow(),
      url: url.control.value.trim(),
      wants: wants.filter((one) => one.tick.input.checked).map(({ value }) => value),
      enabled: enabled.input.checked,
      ...(away ? { secret: null } : given ? { secret: given } : {}),
    };
  };
  const dialog = new Dialog({
    title: target ? `Change “${target.name}”` : 'New target',
    submit: target ? 'Save' : 'Add it',
    async onSubmit() {
      for (const one of [name, url, secret]) one.setError(null);
      show(wantsError, false);
      try {
        const saved = target ? await noticesApi.changeTarget(target.id, fields()) : await noticesApi.addTarget(fields());
        dialog.close();
        done(saved, !target);
      } catch (error) {
        const wanted = {
          /** @param {string|null} text */
          setError(text) {
            setText(wantsError, text ?? '');
            show(wantsError, Boolean(text));
          },
          focus: () => wants[0].tick.input.focus(),
        };
        showAt(error, { name, url, secret, wants: wanted }, () => null);
      }
    },
  });
  dialog.body.append(
    el(
      'div',
      { class: 'form' },
      kind.element,
      name.element,
      url.element,
      secret.element,
      none.element,
      el('fieldset', { class: 'field wide notice-wants' }, el('legend', { class: 'label', text: 'It hears of' }), el('div', { class: 'ticks' }, ...wants.map((one) => one.tick.element)), wantsError),
      enabled.element,
    ),
  );
  dialog.open(target ? name.control : kind.control);
}
