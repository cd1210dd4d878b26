// Whether this browser has a picture for an emoji: without a font for it a box would be shown, which says nothing.

/** @type {Map<string, boolean>} */
const known = new Map();

/** @param {string} text */
export function canDraw(text) {
  let able = known.get(text);
  if (able === undefined) {
    // Nobody has a picture of this one: it is drawn as everything is that there is no picture of.
    const none = drawn('\u{1FFFD}');
    // Several that make one ("a person at a computer"): each must be there, and they must have become one.
    const parts = [...text].filter((part) => part !== '\ufe0f' && part !== '\u200d');
    able = parts.every((part) => drawn(part) !== none) && (parts.length === 1 || width(text) < 1.5 * width(parts[0]));
    known.set(text, able);
  }
  return able;
}

/** @type {CanvasRenderingContext2D|null|undefined} */
let canvas;

function paper() {
  canvas ??= Object.assign(document.createElement('canvas'), { width: 24, height: 24 }).getContext('2d', { willReadFrequently: true });
  if (canvas) canvas.textBaseline = 'top';
  if (canvas) canvas.font = '18px sans-serif';
  return canvas;
}

/** @param {string} text */
const width = (text) => paper()?.measureText(text).width ?? 0;

/** @param {string} text */
function drawn(text) {
  const canvas = paper();
  if (!canvas) return text;
  canvas.clearRect(0, 0, 24, 24);
  canvas.fillText(text, 0, 2);
  return canvas.getImageData(0, 0, 24, 24).data.join();
}
