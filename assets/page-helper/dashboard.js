// The first script of the dashboard: nobody who reloads an app's page shall see the dashboard instead.
import { recover } from './recover.js';

if (recover()) window.stop();
