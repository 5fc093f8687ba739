import type { Dim } from '../symbolic/dim.js';
import { operandsOf } from '../symbolic/parts.js';
import type { Conflict, Inference } from './infer.js';
import { leastCommonMultiple } from './least-common-multiple.js';

/**
 * Two expressions that an operator needs to be equal, and that are not at every size:
 *
 * - `contradiction`: equal at single sizes only (`batch * seq` and `seq`). Something is baked, or the model never ran.
 * - `multiples`: equal wherever the sizes divide as some constants ask (`8 * (seq // 8)` and `seq`).
 */
export interface Demand extends Conflict {
  readonly kind: 'contradiction' | 'multiples';
}

/**
 * The demands that restrict the sizes of a single input more than a bound does: `min(T, 512)` and `T` say that T is at most
 * 512, `min(T, 4)` and `4` that it is at least 4. What two inputs have to have in common is theirs to agree on.
 */
export function demandsOf(inference: Inference): readonly Demand[] {
  const known = finished.get(inference);
  if (known !== undefined) return known;
  const found = sortDemands(inference);
  finished.set(inference, found);
  return found;
}

/** What cannot be: sizes that differ, or are the same at single sizes only. */
export function contradictions(inference: Inference): Conflict[] {
  return [...inference.conflicts, ...demandsOf(inference).filter(({ kind }) => kind === 'contradiction')];
}

/** A search asks several times of each inference, which does not change any more. */
const finished = new WeakMap<Inference, readonly Demand[]>();

function sortDemands(inference: Inference): Demand[] {
  const found: Demand[] = [];
  const inputs = inference.model.graph.inputs.map(
    (input) => new Set(inference.shape(input)?.flatMap((dim) => [...(dim?.symbols() ?? [])])),
  );
  for (const demand of inference.demands) {
    if (!isOfOneInput(demand, inputs)) continue;
    const kind = kindOf(demand);
    if (kind !== undefined) found.push({ ...demand, kind });
  }
  return found;
}

function isOfOneInput({ left, right }: Conflict, inputs: readonly ReadonlySet<string>[]): boolean {
  // Two axes of one input that have to be equal may be what the model is for.
  if (left.hasFresh || right.hasFresh || (left.symbolName !== undefined && right.symbolName !== undefined))
    return false;
  const symbols = new Set([...left.symbols(), ...right.symbols()]);
  return inputs.some((own) => [...symbols].every((symbol) => own.has(symbol)));
}

/** Up to this size an axis may be shorter than what a model was made for; the demand has to hold at all or none of them. */
const SMALL = [1, 2, 3, 4, 5, 6, 7, 8];
/** Without common divisors, and without those of any window. */
const ODD = [101, 211, 307, 401, 503];
const LARGE = [10_007, 20_011, 30_011, 40_009, 50_021];

function kindOf({ left, right }: Conflict): Demand['kind'] | undefined {
  const symbols = [...new Set([...left.symbols(), ...right.symbols()])];
  const holds = (sizes: readonly number[]): boolean => {
    const env = new Map(symbols.map((symbol, i) => [symbol, sizes[i % sizes.length] as number]));
    return left.evaluate(env) === right.evaluate(env);
  };
  const rotated = (sizes: readonly number[]) => sizes.map((_, i) => [...sizes.slice(i), ...sizes.slice(0, i)]);
  if (rotated(LARGE).every(holds) || rotated(SMALL).every(holds)) return undefined;
  const step = [...divisorsOf(left), ...divisorsOf(right)].reduce(leastCommonMultiple, 1);
  const multiples = [3, 5, 7, 11, 4].map((factor) => factor * step);
  if (rotated(multiples).every(holds)) return 'multiples';
  return rotated(ODD).filter(holds).length > 1 ? undefined : 'contradiction';
}

/** The numbers that are divided by. */
export function divisorsOf(expression: Dim): number[] {
  const parts = expression.parts();
  const own = parts.kind === 'floorDiv' ? [parts.divisor.value ?? 1] : [];
  return [...own, ...operandsOf(parts).flatMap(divisorsOf)];
}
