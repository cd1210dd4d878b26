// Runs first (a classic script, ahead of the style sheet): sees to files that are gone, to an app's page that was meant, and to
// the theme, and asks the server for everything there is while the rest of the page is still on its way.
import { recover } from '../page-helper/recover.js';
import { Share } from './live-share.js';
import './stale.js';
import './theme.js';

const share = new Share();
Object.assign(globalThis, { aikoreShare: share });
// The page goes on loading until the browser has found the other one: unseen.
if (recover()) document.documentElement.style.visibility = 'hidden';
else share.start();
