// Before an update, a rebuild or a way back: what exactly happens, what is kept, and what becomes of it if it fails.
import { announceChange, environments } from '../api-environment.js';
import { sentence } from '../api.js';
import { el, setText, show } from '../dom.js';
import { nameOf, noun, several, short, sizeWords, snapshotWords, trialWords, wayBack } from '../environment/words.js';
import { Dialog } from './dialog.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../store.js').InstanceModel} InstanceModel */
/** @typedef {import('../api-environment.js').Kind} Kind */
/** @typedef {import('../api-environment.js').State} State */
/** @typedef {import('../api-environment.js').Snapshot} Snapshot */

/** @type {Record<Kind, string>} */
const VERBS = { update: 'Update', rebuild: 'Rebuild', rollback: 'Roll back' };

/** All that run in one folder: the parent first. @param {App} app @param {InstanceModel} model */
export function familyOf(app, model) {
  const root = app.instances.get(model.data.parent_instance_id) ?? model;
  return [root, ...app.instances.satellites(root.id)];
}

/** @param {InstanceModel} model */
export const isActive = ({ data: { status } }) => status !== 'stopped' && status !== 'error';

/** @param {App} app @param {InstanceModel} model @param {Kind} kind @param {string} [to] the state to go back to; without it, the latest */
export function openTrialDialog(app, model, kind, to) {
  const { name } = model.data;
  const points = new Points();
  const lead = el('p', { role: 'status', text: 'Looking at its environment…' });
  const dialog = new Dialog({
    title: `${VERBS[kind]} ${name}?`,
    submit: VERBS[kind],
    className: 'dialog-trial',
    onSubmit: async () => {
      const answer = await (kind === 'rollback' ? environments.rollback(model.id, to) : environments[kind](model.id));
      app.instances.put(answer, true);
      announceChange(model.id);
      dialog.close();
      app.toasts.show('ok', `${name}: ${answer.note ?? `the ${noun(kind)} is under way.`}`, { label: 'Show', run: () => app.tools.open('environment', model) });
    },
  });
  dialog.body.append(lead, points.element);
  dialog.setReady(false);
  dialog.open(dialog.cancel);
  environments.state(model.id).then(
    (state) => {
      if (dialog.isOpen) describe(state);
    },
    (error) => {
      if (!dialog.isOpen) return;
      setText(lead, '');
      dialog.setError(`What it has could not be found out: ${sentence(error)}`);
    },
  );

  /** @param {State} state */
  function describe(state) {
    const { trial } = state;
    if (trial && (kind === 'rollback' || trial.state === 'under_way')) {
      dialog.close();
      openCallOffDialog(app, model, state);
      return;
    }
    const snapshot = kind === 'rollback' ? (state.snapshots.find(({ id }) => (to ? id === to : true)) ?? null) : null;
    if (kind === 'rollback' && !snapshot) {
      show(dialog.submit, false);
      setText(lead, to ? 'This earlier state is not there any more.' : 'There is no earlier state to go back to: nothing was updated or rebuilt yet.');
      return;
    }
    lead.remove();
    points.put('The app', whenWords(model, kind, snapshot));
    points.put('Its code', codeWords(state, kind, snapshot));
    points.put('Its environment', environmentWords(state, kind, snapshot));
    points.put('If it fails', 'If the app is not ready with it in the end, code and environment are put back by themselves, and it starts as it was.');
    points.put('Untouched', 'Models, outputs, settings, and whatever else is in its folder.');
    points.put('Whose it is', familyWords(app, model));
    dialog.setReady(true);
    dialog.submit.focus();
  }
}

/** Takes back what is asked for or being tried. @param {App} app @param {InstanceModel} model @param {State} state */
export function openCallOffDialog(app, model, state) {
  const { trial } = state;
  if (!trial) return;
  const what = noun(trial.kind);
  const points = new Points();
  const runs = isActive(model);
  const dialog = new Dialog({
    title: `Call the ${what} off?`,
    submit: 'Call it off',
    className: 'dialog-trial',
    onSubmit: async () => {
      const answer = await environments.rollback(model.id);
      app.instances.put(answer, true);
      announceChange(model.id);
      dialog.close();
      app.toasts.show('ok', `${model.data.name}: ${answer.note ?? `the ${what} is called off.`}`);
    },
  });
  dialog.body.append(el('p', { text: trialWords(trial, familyOf(app, model).some(isActive)) }), points.element);
  if (trial.state === 'asked') points.put('The app', 'Nothing was changed yet, and nothing will be.');
  else {
    points.put('The app', runs ? 'It is stopped, and started again as it was before.' : 'It stays stopped.');
    points.put('Code and environment', `They are put back to what they were before the ${what}. What was installed since then is lost.`);
  }
  dialog.open(dialog.submit);
}

/** Names and sentences; a point without one is not shown. */
class Points {
  constructor() {
    this.element = el('dl', { class: 'points' });
  }

  /** @param {string} name @param {string|null} text */
  put(name, text) {
    if (text) this.element.append(el('div', {}, el('dt', { text: name }), el('dd', { text })));
  }
}

/** @param {InstanceModel} model @param {Kind} kind @param {Snapshot|null} snapshot */
function whenWords(model, kind, snapshot) {
  const takes = snapshot?.has_environment ? 'which takes a moment' : 'which may take as long as its first installation';
  if (isActive(model)) return `It is stopped now and started again. Until that is done, ${takes}, nobody can use it.`;
  return `Nothing happens to it now: its next start ${kind === 'rollback' ? 'goes back' : `does the ${noun(kind)}`}, ${takes}.`;
}

/** @param {State} state @param {Kind} kind @param {Snapshot|null} snapshot */
function codeWords({ repositories }, kind, snapshot) {
  if (!repositories.length && !snapshot?.repositories.length) return kind === 'update' ? 'It has no repository of its own: the newest packages are what an update brings.' : null;
  if (kind === 'rebuild') return 'It stays as it is.';
  const changed = repositories.filter((one) => one.changed).map(({ path }) => path);
  const kept = changed.length ? ` Files that were changed here (in ${changed.join(', ')}) are set aside by git, and nothing of them is lost.` : '';
  if (snapshot) {
    const moves = snapshot.repositories.map(({ path, commit }) => {
      const now = repositories.find((one) => one.path === path)?.commit ?? null;
      return now === commit ? `${path} stays at ${short(commit)}` : `${path} goes from ${short(now)} to ${short(commit)}`;
    });
    return `${moves.join(', ')}.${kept}`;
  }
  return `${repositories.map(({ path, branch, commit }) => `${path} (${branch ? `${branch}, ` : ''}now ${short(commit)})`).join(', ')}: brought to the newest version.${kept}`;
}

/** @param {State} state @param {Kind} kind @param {Snapshot|null} snapshot */
function environmentWords(state, kind, snapshot) {
  const { path, python, packages, same_disk: sameDisk } = state;
  const facts = [python ? `Python ${python}` : null, packages ? several(packages, 'package') : null, state.size === null ? null : sizeWords(state)].filter(Boolean).join(', ');
  const present = path ? `The one there is (${[path, facts].filter(Boolean).join(': ')}) is kept whole, so that you can come back to it.` : null;
  if (kind === 'rollback' && snapshot) return [`It goes back to what it was ${nameOf(snapshot)} (${snapshotWords(snapshot)}).`, wayBack(snapshot), present].filter(Boolean).join(' ');
  const anew = kind === 'update' ? 'It is made anew with what the newest version asks for.' : 'It is made anew with what the app asks for.';
  const disk = path && !sameDisk && state.size ? ' uv’s cache is on another file system, so the new one takes its full size besides the old one.' : '';
  return `${path ? anew : 'There is none yet: it is made.'}${present ? ` ${present}` : ''}${disk} The two newest earlier environments stay whole; of older ones only the list is kept.`;
}

/** @param {App} app @param {InstanceModel} model */
function familyWords(app, model) {
  const [root, ...satellites] = familyOf(app, model);
  if (!satellites.length) return null;
  const others = [root, ...satellites].filter((one) => one !== model);
  const names = others.map(({ data }) => data.name).join(', ');
  const running = others.filter(isActive).map(({ data }) => data.name);
  const stop = running.length ? ` Stop ${running.join(' and ')} first: the environment is not taken away from under what runs.` : '';
  return `${root === model ? 'Its satellites run with it too' : `It is that of ${root.data.name}`}: it changes for ${names} as well.${stop}`;
}
