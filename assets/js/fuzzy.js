// How well a text fits what was typed: as it is, or in pieces that begin words; better the earlier. Pure.

const START = 8;
const WORD = 6;
/** Each further letter of a piece, and each further piece: what stands together is meant rather than what does not. */
const ROW = 4;
const PIECE = 3;
const PLAIN = 1;

/**
 * The points of one word of the search in a text, and the places of its letters; null if it does not fit.
 * @param {string} word @param {string} text both lower case @returns {{ points: number, at: number[] }|null}
 */
function fit(word, text) {
  // As a whole, at the beginning of a word if there is such a place: what people mean most of the time.
  const whole = [...text.matchAll(new RegExp(word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g'))].map(({ index }) => index);
  const best = whole.find((index) => begins(text, index)) ?? whole[0];
  if (best !== undefined) {
    const first = best === 0 ? START : begins(text, best) ? WORD : PLAIN;
    return { points: first + (word.length - 1) * ROW + 2, at: [...word].map((_, offset) => best + offset) };
  }
  return pieces(word, text, 0, true);
}

/**
 * Else in pieces, each at the beginning of a word: "cm" is Comfy main, "comai" as well.
 * @param {string} word @param {string} text @param {number} from @param {boolean} isFirst @returns {{ points: number, at: number[] }|null}
 */
function pieces(word, text, from, isFirst) {
  if (!word) return { points: 0, at: [] };
  /** @type {{ points: number, at: number[] }|null} */
  let best = null;
  for (let start = text.indexOf(word[0], from); start >= 0; start = text.indexOf(word[0], start + 1)) {
    if (!begins(text, start)) continue;
    for (let long = 1; long <= word.length && text.startsWith(word.slice(0, long), start); long += 1) {
      const rest = pieces(word.slice(long), text, start + long, false);
      const points = (rest?.points ?? 0) + (!isFirst ? PIECE : start === 0 ? START : WORD) + (long - 1) * ROW;
      if (rest && points > (best?.points ?? 0)) best = { points, at: [...Array(long).keys()].map((offset) => start + offset).concat(rest.at) };
    }
  }
  return best;
}

/** @param {string} text @param {number} index */
const begins = (text, index) => index === 0 || /[\s\-_:./(]/.test(text[index - 1]);

/**
 * Points for a text and the places that fit, or null. The words of the search may come in any order.
 * @param {string} search @param {string} text
 */
export function fuzzy(search, text) {
  const lower = text.toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  let points = 0;
  /** @type {Set<number>} */
  const at = new Set();
  for (const word of words) {
    const found = fit(word, lower);
    if (!found) return null;
    points += found.points;
    for (const place of found.at) at.add(place);
  }
  return { points, at };
}
