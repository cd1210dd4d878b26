// The first script of the dashboard: nobody who reloads an app's page shall see the dashboard instead.
import { recover } from './recover.js';

// The page goes on loading until the browser has found the other one: unseen.
if (recover()) document.documentElement.style.visibility = 'hidden';
