// The page helper: the proxy puts it first into the pages of an app that lives below a prefix it knows nothing of. The app
// sees itself at the root; the browser and the server see it where it is. Never may it throw into the app.
import { hideAddress } from './address.js';
import { mendElements } from './elements.js';
import { watchMarkup } from './markup.js';
import { watchNavigation } from './navigation.js';
import { hides, isHidden, leaveMarkup, prefix } from './place.js';
import { prefixRequests } from './requests.js';

const MARK = Symbol.for('aikore.page');

// A sandboxed frame has no origin that anything here could belong to.
if (prefix && !isHidden() && self.origin !== 'null' && !(MARK in window)) {
  Object.defineProperty(window, MARK, { value: true });
  leaveMarkup();
  const parts = hides ? [hideAddress, watchNavigation, prefixRequests, mendElements, watchMarkup] : [prefixRequests];
  for (const part of parts) {
    try {
      part();
    } catch (error) {
      console.debug('AiKore page helper:', error);
    }
  }
}
