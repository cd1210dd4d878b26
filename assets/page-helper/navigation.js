// The Navigation API, where there is one: the only way to see where a script sends `location`, and a router may be built on it.
import { changing, hide, show, showBefore } from './address.js';
import { isHidden, real, strip } from './place.js';
import { argument, onCall, onProperty } from './wrap.js';

/**
 * @typedef {Event & { navigationType: string, hashChange: boolean, formData: unknown, downloadRequest: string|null,
 *   destination: { sameDocument: boolean } }} NavigateEvent
 */

// TypeScript's browser does not have all of it yet.
const types = /** @type {any} */ (window);

/** A navigation that would lead out of the prefix starts anew where it belongs. @param {NavigateEvent} event @param {string} url */
function redirect(event, url) {
  const { navigationType, hashChange } = event;
  // A body can't be given again: the server's redirect keeps it.
  if (changing.app || navigationType === 'traverse' || !event.cancelable || event.downloadRequest !== null || event.formData) return;
  const again = navigationType === 'reload';
  if (again ? !isHidden() : event.destination.sameDocument && !hashChange) return;
  const target = real(url);
  if (!target) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  show();
  if (again) location.reload();
  else location[navigationType === 'replace' ? 'replace' : 'assign'](target);
  if (hashChange) hide();
}

export function watchNavigation() {
  const { navigation } = types;
  if (!navigation) return;
  const url = Object.getOwnPropertyDescriptor(types.NavigationDestination.prototype, 'url')?.get;
  navigation.addEventListener('navigate', (/** @type {any} */ event) => {
    if (changing.ours) event.stopImmediatePropagation();
    else redirect(event, url?.call(event.destination));
  });
  navigation.addEventListener('currententrychange', (/** @type {any} */ event) => {
    if (changing.ours) event.stopImmediatePropagation();
    else if (!changing.app && /^(push|replace)$/.test(event.navigationType)) hide();
  });
  onCall(types.NavigateEvent.prototype, 'intercept', (args) => {
    changing.taken = true;
    return args;
  });
  for (const type of ['navigatesuccess', 'navigateerror']) {
    navigation.addEventListener(type, () => {
      if (changing.taken) {
        changing.taken = false;
        hide();
      }
    });
  }
  for (const name of ['NavigationDestination', 'NavigationHistoryEntry']) {
    onProperty(types[name].prototype, 'url', { get: (value) => value && strip(value) });
  }
  onCall(types.Navigation.prototype, 'navigate', argument(0, real));
  showBefore(types.Navigation, 'back', 'forward', 'traverseTo');
}
