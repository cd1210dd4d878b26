// Who may open an instance: the choice, and the mark of one that is open to more than those who log in.
import { el, setAttr, setText, show } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { ACCESS } from '../table/fields.js';

/** @param {string} present */
export function accessSelect(present) {
  const select = el('select', { class: 'input' }, ...Object.entries(ACCESS).map(([value, { words }]) => el('option', { value, text: words })));
  select.value = present;
  return select;
}

/** What there is to say beside the choice. */
export const ACCESS_HINT = 'Tokens are made in the settings. Public means: no login at all, for everybody who reaches this machine.';

export function accessMark() {
  const picture = icon('globe');
  const word = el('span', {});
  const element = el('span', { class: 'access-mark', hidden: true }, picture, word);
  return {
    element,
    /** @param {import('../types.js').Instance} data */
    render({ access }) {
      show(element, access === 'public' || access === 'token');
      element.dataset.access = access;
      setIcon(picture, access === 'public' ? 'globe' : 'key');
      setText(word, access === 'public' ? 'Public' : 'Token');
      setAttr(element, 'title', access === 'public' ? 'Public: anybody who can reach this machine may use it, without login.' : 'Whoever has a token for it may open it too.');
    },
  };
}
