import type { Model } from '../model/model.js';
import { type BakedOptions, type Choice, type Diagnosis, type KnownNumber, Search } from './baked-search.js';
import { Constants } from './constants.js';
import { inputShape } from './input-shape.js';

export type { BakedOptions, Diagnosis, KnownNumber } from './baked-search.js';

/** Inferences spent on choices, in all. */
const MAX_INFERENCES = 96;

/**
 * Finds the numbers that an exporter froze, by unification: each size and integer in a constant is a cell; operators
 * state that sizes are equal; a cell that must equal an expression in the input symbols is baked, and becomes that
 * expression. Cells that only ever meet numbers are parameters. Names, and numbers that happen to be equal, say nothing.
 *
 * Where several cells could settle a conflict (`a + b // 2` must be T), each is tried in turn, and the one that leaves the
 * fewest conflicts is taken; of equally good ones, the simplest.
 *
 * What contradicts nothing, and is wrong at other sizes all the same, is found by other evidence: see `evidence/`.
 *
 * @param earlier - what was found before some of it was repaired: taken for granted where that settles everything
 */
export function findBaked(model: Model, options: BakedOptions = {}, earlier: readonly KnownNumber[] = []): Diagnosis {
  const all = { ...options, constants: options.constants ?? new Constants() };
  const budget = { left: MAX_INFERENCES };
  const ones = sizesOfOne(model, all);
  if (earlier.length > 0) {
    const known = [...earlier, ...(options.known ?? [])];
    const search = new Search(model, { ...all, known }, budget, { ones }).run();
    if (search.wrong === 0) return search.diagnosis();
  }
  let best = new Search(model, all, budget, { ones, startsWithOnes: true }).run();
  for (const other of ones.size > 0 ? [{ ones }, {}] : []) {
    if (best.wrong === 0) break;
    const search = new Search(model, all, budget, other).run();
    if (search.wrong < best.wrong) best = search;
  }
  // What looked simplest may turn out wrong much later: then one choice at a time is made the other way.
  const forced = new Map<string, number>();
  for (let i = 0; best.wrong > 0 && i < best.choices.length; i++) {
    const { key, others } = best.choices[i] as Choice;
    for (const other of others) {
      if (budget.left <= 0) return best.diagnosis();
      const search = new Search(model, all, budget, { ...best.way, forced: new Map(forced).set(key, other) }).run();
      if (search.wrong >= best.wrong) continue;
      forced.set(key, other);
      best = search;
      break;
    }
  }
  return best.diagnosis();
}

/**
 * Symbols that the caller gives for axes that the file has as 1, the batch mostly. In such a model everything may have been
 * made for one item; where the file itself leaves a batch free, what puts items one after another is meant to.
 */
function sizesOfOne(model: Model, { inputShapes }: BakedOptions): ReadonlySet<string> {
  const found = model.graph.inputs.flatMap((input) => {
    const declared = inputShape(input, undefined);
    const given = inputShapes?.[input.name] === undefined ? [] : inputShape(input, inputShapes);
    return (given ?? []).flatMap(({ symbolName }, axis) =>
      declared?.[axis]?.value === 1 && symbolName ? [symbolName] : [],
    );
  });
  return new Set(found);
}
