import { Dim } from '../symbolic/dim.js';
import { smallestWith } from './smallest-with.js';

/** Valid positions of each item of a batch, as the exporter froze them along an axis. */
export interface FrozenCounts {
  /** Size of the axis, an expression in the symbol that lengths are counted in. */
  readonly size: Dim;
  /** Its traced size, which no count exceeds; undefined where nothing tells it. */
  readonly extent: number | undefined;
  /** One an item. */
  readonly counts: readonly number[];
}

/**
 * How valid positions follow from the length of the input. `computed`: lengths go through the formula of the size, as
 * those of a convolution do. `sliced`: the mask of the input is subsampled together with it (`mask[::s]`), so that
 * position j counts where position `s * j` of the input does.
 */
export type CountRule = 'computed' | 'sliced';

/** The lengths behind frozen counts. */
export interface TracedLengths {
  readonly rule: CountRule;
  /** The other rule, if it gives the same counts for some lengths, but others elsewhere. */
  readonly alternative: CountRule | undefined;
  /** A length for each item that gives all its counts; of several, the smallest. */
  readonly lengths: readonly number[];
}

/**
 * Finds the lengths that all counts come from, and the rule that they follow.
 *
 * Where both rules fit, the choice is by what loses positions at its edges: a convolution without padding does, which
 * slicing a mask does not follow, while a stack of frames (`size // 4`) divides lengths as it divides the size.
 *
 * @param frozen all counts, each with one element an item
 * @param symbol what lengths are counted in
 * @param longest the traced value of the symbol, if known
 * @param wanted the rule to use, if it is known
 * @returns the solution, or the index of the first counts that do not fit to those before
 */
export function solveLengths(
  frozen: readonly FrozenCounts[],
  symbol: string,
  longest: number | undefined,
  wanted?: CountRule,
): TracedLengths | { readonly misfit: number } {
  const order: CountRule[] = frozen.every(({ size }) => dividesEvenly(size, symbol))
    ? ['computed', 'sliced']
    : ['sliced', 'computed'];
  const rules = wanted === undefined ? order : [wanted];
  const fits = rules.flatMap((rule) => {
    const lengths = lengthsUnder(frozen, symbol, rule, longest);
    return lengths === undefined ? [] : [{ rule, lengths }];
  });
  const [best, other] = fits;
  if (best === undefined) {
    const explained = (count: number) =>
      rules.some((rule) => lengthsUnder(frozen.slice(0, count), symbol, rule, longest) !== undefined);
    return { misfit: frozen.findIndex((_, i) => !explained(i + 1)) };
  }
  const differs = frozen.some(({ size }) => {
    const [computed, sliced] = [countOf(size, symbol, 'computed'), countOf(size, symbol, 'sliced')];
    return computed !== undefined && sliced !== undefined && !computed.equals(sliced);
  });
  return { ...best, alternative: differs ? other?.rule : undefined };
}

/** Valid positions along an axis, in terms of the length; they never exceed the size. Undefined: the rule cannot be. */
export function countOf(size: Dim, symbol: string, rule: CountRule): Dim | undefined {
  if (rule === 'computed') return size;
  const stride = strideOf(size, symbol);
  return stride === undefined ? undefined : Dim.symbol(symbol).ceilDiv(stride);
}

function lengthsUnder(
  frozen: readonly FrozenCounts[],
  symbol: string,
  rule: CountRule,
  longest: number | undefined,
): number[] | undefined {
  const items = frozen[0]?.counts.length ?? 0;
  const functions = frozen.map(({ size }) => countOf(size, symbol, rule));
  const lengths: number[] = [];
  for (let item = 0; item < items; item++) {
    let length = 1;
    let isFull = longest !== undefined;
    for (const [i, { extent, counts }] of frozen.entries()) {
      const count = counts[item] as number;
      const size = functions[i];
      const needed = size && smallestWith((n) => size.evaluate({ [symbol]: n }) ?? Number.NaN, count);
      if (needed === undefined) return undefined;
      length = Math.max(length, needed);
      isFull &&= count === extent;
    }
    if (isFull) length = Math.max(length, longest as number);
    const isExplained = frozen.every(({ extent, counts }, i) => {
      const count = functions[i]?.evaluate({ [symbol]: length }) ?? Number.NaN;
      return Math.min(count, extent ?? Number.POSITIVE_INFINITY) === counts[item];
    });
    if (!isExplained) return undefined;
    lengths.push(length);
  }
  return lengths;
}

/** How many positions of the input one of this size stands for, if they are a whole number: 4 for `(T - 3) // 4`. */
function strideOf(size: Dim, symbol: string): number | undefined {
  const far = 2 ** 20;
  const step = 2 ** 10 * 9 * 25 * 7; // divisible by the strides that models have
  const at = (n: number) => size.evaluate({ [symbol]: n }) ?? Number.NaN;
  const stride = step / (at(far + step) - at(far));
  return Number.isInteger(stride) && stride >= 1 ? stride : undefined;
}

/** Does every stride of positions give one, from the first on? */
function dividesEvenly(size: Dim, symbol: string): boolean {
  const stride = strideOf(size, symbol);
  return stride !== undefined && [1, 2, 1000].every((n) => size.evaluate({ [symbol]: n * stride }) === n);
}
