// Native functions with something done before or after. Proxy objects, so that `instanceof`, static members, subclasses, names
// and `toString()` stay what they were.

/** @typedef {(args: any[], self: any) => any[]} Change what becomes of the arguments; one that throws changes nothing */

/** @param {Change} change @param {any[]} args @param {any} [self] */
function changed(change, args, self) {
  try {
    return change(args, self);
  } catch {
    return args;
  }
}

/** @param {any} owner @param {string} name @param {ProxyHandler<any>} handler */
export function wrap(owner, name, handler) {
  const native = owner?.[name];
  if (typeof native !== 'function') return;
  const proxy = new Proxy(native, handler);
  Object.defineProperty(owner, name, { ...Object.getOwnPropertyDescriptor(owner, name), value: proxy });
  if (handler.construct) native.prototype.constructor = proxy;
}

/** @param {any} owner @param {string} name @param {Change} change */
export const onCall = (owner, name, change) =>
  wrap(owner, name, { apply: (native, self, args) => Reflect.apply(native, self, changed(change, args, self)) });

/** @param {any} owner @param {string} name @param {Change} change */
export const onNew = (owner, name, change) =>
  wrap(owner, name, { construct: (native, args, target) => Reflect.construct(native, changed(change, args), target) });

/** What a method gives. @param {any} owner @param {string} name @param {(value: any, self: any, args: any[]) => any} after */
export const onResult = (owner, name, after) =>
  wrap(owner, name, {
    apply(native, self, args) {
      const value = Reflect.apply(native, self, args);
      try {
        return after(value, self, args);
      } catch {
        return value;
      }
    },
  });

/**
 * A property's value on its way in and out.
 * @param {any} owner @param {string} name @param {{ set?: (value: any) => any, get?: (value: any) => any }} how
 */
export function onProperty(owner, name, { set, get }) {
  const native = Object.getOwnPropertyDescriptor(owner, name);
  if (!native) return;
  if (set) onCall(native, 'set', ([value]) => [set(value)]);
  if (get) onResult(native, 'get', get);
  Object.defineProperty(owner, name, native);
}

/** One argument that is a URL. @param {number} at @param {(value: any) => any} change `undefined` leaves it */
export const argument = (at, change) => (/** @type {any[]} */ args) =>
  args.map((value, index) => (index === at && value !== undefined ? (change(value) ?? value) : value));
