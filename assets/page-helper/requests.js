// What scripts ask for goes to the app.
import { begin } from './activity.js';
import { real, realResource } from './place.js';
import { argument, onCall, onNew, wrap } from './wrap.js';

const NativeRequest = window.Request;

/** @param {unknown} value of `fetch` and its kind */
function realRequest(value) {
  if (!(value instanceof NativeRequest)) return real(value);
  const url = real(value.url);
  return url && new NativeRequest(url, value);
}

/** @param {unknown} value */
const realSocket = (value) => real(value)?.replace(/^http/, 'ws');

/** @param {any} value */
const unlessEmpty = (value) => (value === '' ? undefined : real(value));

/** The answer of a request is likely to make the app look at the address. */
function watchRequests() {
  wrap(window, 'fetch', {
    apply(native, self, args) {
      const end = begin();
      const answer = Reflect.apply(native, self, args);
      answer.then(end, end);
      return answer;
    },
  });
  wrap(XMLHttpRequest.prototype, 'send', {
    apply(native, self, args) {
      const result = Reflect.apply(native, self, args);
      if (self.readyState === XMLHttpRequest.OPENED) self.addEventListener('loadend', begin(), { once: true });
      return result;
    },
  });
}

export function prefixRequests() {
  watchRequests();
  const { Navigator, ServiceWorkerContainer, Worklet } = window;
  onCall(window, 'fetch', argument(0, realRequest));
  onNew(window, 'Request', argument(0, realRequest));
  onCall(XMLHttpRequest.prototype, 'open', argument(1, real));
  onNew(window, 'WebSocket', argument(0, realSocket));
  for (const name of ['EventSource', 'Worker', 'SharedWorker']) onNew(window, name, argument(0, real));
  onNew(window, 'Audio', argument(0, realResource));
  onCall(Navigator.prototype, 'sendBeacon', argument(0, real));
  onCall(window, 'open', argument(0, unlessEmpty));
  onCall(Worklet?.prototype, 'addModule', argument(0, real));

  // Its scope is below the prefix by default, since its script is.
  onCall(ServiceWorkerContainer?.prototype, 'register', ([url, options, ...others]) => {
    const scope = options?.scope === undefined ? {} : { scope: real(options.scope) ?? options.scope };
    return [real(url) ?? url, options && { ...options, ...scope }, ...others];
  });
  onCall(ServiceWorkerContainer?.prototype, 'getRegistration', argument(0, real));
}
