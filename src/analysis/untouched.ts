import type { Model } from '../model/model.js';

/** What was found out about models that nobody has modified since they were read: one pass after the other asks the same. */
export class Untouched<T> {
  readonly #known = new WeakMap<Model, { readonly question: string; readonly answer: T }>();

  /** The answer of `find`, which is asked anew for another question, and always once the model was modified. */
  ask(model: Model, question: string, find: () => T): T {
    if (model.isModified) {
      this.#known.delete(model);
      return find();
    }
    const known = this.#known.get(model);
    if (known?.question === question) return known.answer;
    const answer = find();
    this.#known.set(model, { question, answer });
    return answer;
  }
}
