import type { Pass } from './pass.js';

/**
 * Lets passes run a second time where others after them made it worth while.
 *
 * A pass that is run again takes back what it could not do the first time: the last word counts, see `joinReports`.
 */
export class Rounds {
  #changed = false;

  /** A pass whose edits are a reason to run others again. */
  reason(pass: Pass): Pass {
    return {
      name: pass.name,
      run: async (model, context) => {
        const report = await pass.run(model, context);
        this.#changed ||= report.changed;
        return report;
      },
    };
  }

  /** A pass that is run if there was a reason. */
  again(pass: Pass): Pass {
    return {
      name: pass.name,
      run: async (model, context) => {
        if (this.#changed) return pass.run(model, context);
        return { pass: `${pass.name}, again`, changed: false, findings: [], edits: [], unresolved: [] };
      },
    };
  }
}
