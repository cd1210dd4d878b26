// Where lines begin in a log that comes as bytes, and what a screen is told instead of a lone carriage return. No DOM.

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const encoder = new TextEncoder();
/** A line that is drawn anew is cut at the margin: wrapped, each drawing would leave a row of its own behind. */
const CUT = encoder.encode('\x1b[?7l');
const WRAP = encoder.encode('\x1b[?7h');

/** The places of the last line breaks, and how many there were. */
export class LineBreaks {
  #ring;
  #first = 0;
  count = 0;

  /** @param {number} most how many are remembered */
  constructor(most) {
    this.#ring = new Float64Array(most);
  }

  /** What follows begins at this place. @param {number} place */
  begin(place) {
    this.#first = place;
    this.count = 0;
  }

  /** @param {Uint8Array} bytes @param {number} place of the first of them */
  add(bytes, place) {
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.#ring[this.count % this.#ring.length] = place + at + 1;
      this.count += 1;
    }
  }

  /** Where the line begins that is so many lines before the last. @param {number} lines */
  back(lines) {
    if (lines >= this.count) return this.#first;
    const known = Math.min(lines, this.#ring.length - 1);
    return this.#ring[(this.count - 1 - known) % this.#ring.length];
  }
}

/** Makes lines that are drawn anew with carriage returns fit a screen of any width. */
export class Returns {
  /** A carriage return was the last byte. */
  #open = false;
  #cutting = false;

  begin() {
    this.#open = false;
    this.#cutting = false;
  }

  /** @param {Uint8Array} bytes @returns {Uint8Array} */
  fit(bytes) {
    if (!this.#open && !this.#cutting && !bytes.includes(RETURN)) return bytes;
    /** @type {Uint8Array[]} */
    const pieces = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (this.#open && byte !== NEWLINE && byte !== RETURN) {
        this.#open = false;
        // The line as it stays is shown whole, as far as its end is known already.
        const whole = endsHere(bytes, at);
        if (whole === this.#cutting) {
          pieces.push(bytes.subarray(from, at), whole ? WRAP : CUT);
          from = at;
          this.#cutting = !whole;
        }
      }
      if (byte === RETURN) this.#open = true;
      else if (byte === NEWLINE) {
        this.#open = false;
        if (this.#cutting) {
          pieces.push(bytes.subarray(from, at + 1), WRAP);
          from = at + 1;
          this.#cutting = false;
        }
      }
    }
    pieces.push(bytes.subarray(from));
    return joined(pieces);
  }
}

/** Whether a line ends before it is drawn anew. @param {Uint8Array} bytes @param {number} from */
function endsHere(bytes, from) {
  const end = bytes.indexOf(NEWLINE, from);
  if (end < 0) return false;
  const again = bytes.indexOf(RETURN, from);
  return again < 0 || again >= end - 1;
}

/** @param {Uint8Array[]} pieces */
function joined(pieces) {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * Cuts bytes where lines with a time of their own begin; one time a second is enough, since seconds are shown.
 * @param {Uint8Array} bytes @param {number} place of the first of them @param {[number, number][]} times places and milliseconds, rising @param {number} last the second that was marked last
 * @returns {{ bytes: Uint8Array, time: number|null }[]} `time` is that of the line that begins the piece
 */
export function cutAtTimes(bytes, place, times, last) {
  /** @type {{ bytes: Uint8Array, time: number|null }[]} */
  const pieces = [];
  let from = 0;
  /** @type {number|null} */
  let time = null;
  let second = last;
  for (const [where, millis] of times) {
    const at = Math.max(0, where - place);
    if (at >= bytes.length) break;
    if (Math.floor(millis / 1000) === second) continue;
    second = Math.floor(millis / 1000);
    if (at > from) pieces.push({ bytes: bytes.subarray(from, at), time });
    from = at;
    time = millis;
  }
  pieces.push({ bytes: bytes.subarray(from), time });
  return pieces;
}
