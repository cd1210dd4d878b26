// What is being tried with an environment: how far that is, and an end to it.
import { button, el, setAttr, setText, show } from '../dom.js';
import { trialWords } from '../environment/words.js';
import { moment, percent, story } from '../format.js';
import { icon } from '../icons.js';

/** @typedef {import('../store.js').InstanceModel} InstanceModel */

export class TrialBanner {
  /** @param {{ start: () => void, log: () => void, callOff: () => void }} deeds */
  constructor(deeds) {
    this.words = el('p', {});
    this.phase = el('p', { class: 'hint' });
    this.fill = el('span', { class: 'bar-fill' });
    this.track = el('span', { class: 'bar', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': '0', 'aria-valuemax': '100' }, this.fill);
    this.start = button('Start', { icon: 'start', class: 'small', on: { click: deeds.start } });
    this.log = button('Log', { icon: 'logs', class: 'small', on: { click: deeds.log } });
    this.callOff = button('Call it off', { icon: 'undo', class: 'small', on: { click: deeds.callOff } });
    this.element = el(
      'div',
      { class: 'e-trial', role: 'group', 'aria-label': 'What is being tried', hidden: true },
      icon('installing'),
      el('div', { class: 'e-trial-text' }, el('div', { role: 'status' }, this.words, this.phase), this.track),
      el('span', { class: 'e-deeds' }, this.start, this.log, this.callOff),
    );
  }

  /** @param {import('../api-environment.js').Trial|null} trial @param {InstanceModel|null} runner who runs with it now @param {InstanceModel} model whose tool this is */
  render(trial, runner, model) {
    show(this.element, Boolean(trial));
    if (!trial) return;
    setText(this.words, trialWords(trial, Boolean(runner)));
    const known = runner ? percent(runner.data) : null;
    const facts = [runner && runner !== model ? runner.data.name : '', runner ? story(runner.data) : '', known === null ? '' : `${Math.round(known)} %`, `since ${moment(trial.at)}`];
    setText(this.phase, facts.filter(Boolean).join(' · '));
    show(this.track, Boolean(runner) && trial.state === 'under_way');
    this.track.classList.toggle('unknown', known === null);
    this.fill.style.width = known === null ? '' : `${Math.max(4, known)}%`;
    setAttr(this.track, 'aria-valuenow', known === null ? null : String(Math.round(known)));
    show(this.start, !runner);
    show(this.log, Boolean(runner));
    this.callOff.disabled = runner?.data.status === 'stopping';
  }
}
