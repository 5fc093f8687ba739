import type { Model } from '../model/model.js';

/** What was found out about models, for as long as nobody edits them: one pass after the other asks the same. */
export class Untouched<T> {
  readonly #known = new WeakMap<Model, { readonly revision: number; readonly question: string; readonly answer: T }>();

  /** The answer of `find`, which is asked anew for another question, and once the model was edited. */
  ask(model: Model, question: string, find: () => T): T {
    const { revision } = model;
    const known = this.#known.get(model);
    if (known?.revision === revision && known.question === question) return known.answer;
    const answer = find();
    this.#known.set(model, { revision, question, answer });
    return answer;
  }
}
