// For the dashboard: a reload that came while an app's page had taken its prefix off the address ends up here.
import { note, recall } from './note.js';

/** Leads back to the app's page if this reload was really its own; whether it does. Belongs to the start of the dashboard. */
export function recover() {
  const address = location.pathname + location.search;
  const forget = () => note(address);
  // The dashboard as it was left comes back without starting anew.
  addEventListener('pageshow', ({ persisted }) => persisted && forget());
  const prefix = recall(address);
  if (!prefix) return false;
  // Used up either way: who comes here again means the dashboard, and so does who comes by a link or by going back.
  forget();
  const [visit] = performance.getEntriesByType('navigation');
  // Only a path of this origin: the note is the app's to write as well.
  if (!(visit instanceof PerformanceNavigationTiming) || visit.type !== 'reload' || !/^\/[^/\\]/.test(prefix)) return false;
  location.replace(prefix + address + location.hash);
  return true;
}
