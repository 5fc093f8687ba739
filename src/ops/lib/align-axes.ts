import { Dim } from '../../symbolic/dim.js';
import { settledValue } from './settled-value.js';

/** A size and where it stands: an axis of the input, or an element of the target. */
export interface Entry {
  readonly dim: Dim;
  readonly at: number;
}

/** Sizes of the input and of the target that must be the same number of elements. */
export interface Pair {
  readonly from: Dim;
  readonly to: Dim;
  readonly where: { input: number; axis: number }[];
  /** The element of the target, when it is one. */
  readonly single?: number | undefined;
  /** Equal in every run where a size divides as it has to (8*(T//8) is T, 8*((T + 7)//8) too) or is as large (min(T, 8) is 8). */
  readonly isAssumed?: boolean;
}

export interface Alignment {
  readonly pairs: readonly Pair[];
  readonly left: { readonly from: readonly Entry[]; readonly to: readonly Entry[] };
}

const ONE = Dim.of(1);

/**
 * Walks the axes of a tensor and the target of a Reshape side by side and drops what provably matches (64 against 8 * 8);
 * an expression that meets a number becomes a pair. Stops where two expressions meet that do not divide.
 *
 * @param isExhaustive - Whether the last element takes all axes that are left (and the last axis all elements).
 */
export function alignAxes(from: readonly Entry[], to: readonly Entry[], isExhaustive: boolean): Alignment {
  return new Aligner(from, to, isExhaustive).run();
}

/**
 * Two axes that change places, [T, 40] to [40, 20]: what stands for one size on both sides cancels. To divide 40 by 20 and
 * multiply it again would do, too, but nobody writes that.
 */
export function crossedAxes(from: readonly Entry[], to: readonly Entry[]): Alignment | undefined {
  const [a, b, ...more] = from;
  const [c, d, ...others] = to;
  if (!a || !b || !c || !d || more.length > 0 || others.length > 0) return undefined;
  const isWritten = ({ dim }: Entry) => dim.isNumber && dim.cells.size > 0;
  const isOne = (p: Entry, q: Entry) => p.dim.equals(q.dim) && (!p.dim.isNumber || (isWritten(p) && isWritten(q)));
  for (const [x, same, twin, y] of [
    [a, b, c, d],
    [b, a, d, c],
  ] as const) {
    if (!isOne(same, twin) || x.dim.isNumber === y.dim.isNumber || !(isWritten(x) || isWritten(y))) continue;
    return { pairs: [pairOf([x], [y])], left: { from: [], to: [] } };
  }
  return undefined;
}

/**
 * The last two axes change places, [B, T, T + 1] to [2, 14, 13]: the shift of relative positions. In their order the numbers
 * would say two different things of the size that both axes have in them.
 */
export function shiftedAxes(from: readonly Entry[], to: readonly Entry[]): Alignment | undefined {
  const [a, b, c, d] = [from.at(-2), from.at(-1), to.at(-2), to.at(-1)];
  if (!a || !b || !c || !d || [c, d].some(({ dim }) => !dim.isNumber || dim.cells.size === 0)) return undefined;
  const isTold = (x: Entry, y: Entry) => sizeTold(a.dim, x.dim) !== undefined && sizeTold(b.dim, y.dim) !== undefined;
  const agree = (x: Entry, y: Entry) => isTold(x, y) && sizeTold(a.dim, x.dim) === sizeTold(b.dim, y.dim);
  const [symbol] = a.dim.symbols();
  if (symbol === undefined || !b.dim.symbols().has(symbol) || agree(c, d) || !agree(d, c)) return undefined;
  const { pairs, left } = alignAxes(from.slice(0, -2).reverse(), to.slice(0, -2).reverse(), true);
  return { pairs: [pairOf([a], [d]), pairOf([b], [c]), ...pairs], left };
}

/** What the only symbol of a linear size is where the size is this number. */
function sizeTold(size: Dim, { value }: Dim): number | undefined {
  const [symbol, ...more] = size.symbols();
  if (symbol === undefined || more.length > 0 || value === undefined) return undefined;
  const at = (n: number) => size.evaluate(new Map([[symbol, n]])) ?? Number.NaN;
  const step = at(1) - at(0);
  const told = (value - at(0)) / step;
  return Number.isInteger(told) && size.equals(Dim.symbol(symbol).mul(step).add(at(0))) ? told : undefined;
}

/** What is left after aligning: one by one where data dependent sizes may be bound, as products otherwise. */
export function pairUp({ from, to }: Alignment['left']): Pair[] {
  if (from.length === 0 && to.length === 0) return [];
  const isOneToOne = from.length === to.length && from.some(({ dim }, i) => dim.isFresh || to[i]?.dim.isFresh);
  if (isOneToOne) return from.map((entry, i) => pairOf([entry], [to[i] as Entry]));
  return [pairOf(from, to)];
}

export function totalOf(entries: readonly Entry[]): Dim {
  return entries.reduce((total, { dim }) => total.mul(dim), ONE);
}

function pairOf(from: readonly Entry[], to: readonly Entry[], sizes?: { from: Dim; to: Dim }): Pair {
  const where = [...from.map(({ at }) => ({ input: 0, axis: at })), ...to.map(({ at }) => ({ input: 1, axis: at }))];
  const single = to.length === 1 ? (to[0] as Entry).at : undefined;
  return { from: sizes?.from ?? totalOf(from), to: sizes?.to ?? totalOf(to), where, single };
}

class Aligner {
  readonly #from: readonly Entry[];
  readonly #to: readonly Entry[];
  readonly #isExhaustive: boolean;
  readonly #pairs: Pair[] = [];
  /** How much of each side was taken. */
  #i = 0;
  #j = 0;

  constructor(from: readonly Entry[], to: readonly Entry[], isExhaustive: boolean) {
    this.#from = from;
    this.#to = to;
    this.#isExhaustive = isExhaustive;
  }

  run(): Alignment {
    while (this.#i < this.#from.length && this.#j < this.#to.length) {
      const stopped = this.#group();
      if (stopped !== undefined) return { pairs: this.#pairs, left: stopped };
    }
    return { pairs: this.#pairs, left: { from: this.#from.slice(this.#i), to: this.#to.slice(this.#j) } };
  }

  /** Takes axes and elements until they match, or become a pair. Gives what is left when the walk ends here. */
  #group(): Alignment['left'] | undefined {
    const startFrom = this.#i;
    let startTo = this.#j;
    let a = this.#takeAxis();
    let b = this.#takeElement();
    // The sizes of the present group, less those that divided out.
    let size = a;
    for (;;) {
      const axes = a.exactQuotient(b);
      if (axes?.equals(1)) return undefined;
      if (axes !== undefined) {
        if (this.#j >= this.#to.length) return this.#leave(startFrom, startTo, axes);
        a = axes.withoutOrigin();
        size = a;
        startTo = this.#j;
        b = this.#takeElement();
        continue;
      }
      const elements = b.exactQuotient(a);
      if (this.#i < this.#from.length && (elements !== undefined || (a.isNumber && b.isNumber))) {
        const next = this.#takeAxis();
        size = size.mul(next);
        b = elements ?? b;
        a = elements === undefined ? a.mul(next) : next;
        continue;
      }
      if (this.#assume(startFrom, startTo, a, b)) return undefined;
      if (!a.isNumber && !b.isNumber) return { from: this.#from.slice(startFrom), to: this.#to.slice(startTo) };
      this.#pairUp(startFrom, startTo, size);
      return undefined;
    }
  }

  #takeAxis(): Dim {
    return (this.#from[this.#i++] as Entry).dim;
  }

  #takeElement(): Dim {
    return (this.#to[this.#j++] as Entry).dim;
  }

  /** All elements are taken, and a factor of the last axis is not. */
  #leave(startFrom: number, startTo: number, factor: Dim): Alignment['left'] {
    if (!this.#isExhaustive) {
      const { at } = this.#from[this.#i - 1] as Entry;
      return { from: [{ dim: factor, at }, ...this.#from.slice(this.#i)], to: [] };
    }
    this.#pairs.push(pairOf(this.#from.slice(startFrom), this.#to.slice(startTo)));
    return { from: [], to: [] };
  }

  /** Is one side the other, divided by numbers and multiplied by them again? Or is it cut to what the other side is? */
  #assume(startFrom: number, startTo: number, a: Dim, b: Dim): boolean {
    const [axes, elements] = [this.#from.slice(this.#i), this.#to.slice(this.#j)];
    const settled = settledSplit(a, b, elements);
    const split =
      roundedSplit(a, b, axes, elements) ?? (settled === undefined ? undefined : { own: 0, parts: settled });
    const turned = split === undefined ? roundedSplit(b, a, elements, axes) : undefined;
    const taken = split ?? (turned && { own: turned.parts, parts: turned.own });
    if (taken === undefined) return false;
    let [from, to] = [a, b];
    for (let k = 0; k < taken.own; k++) from = from.mul(this.#takeAxis());
    for (let k = 0; k < taken.parts; k++) to = to.mul(this.#takeElement());
    const pair = pairOf(this.#from.slice(startFrom, this.#i), this.#to.slice(startTo, this.#j), { from, to });
    this.#pairs.push({ ...pair, isAssumed: true });
    return true;
  }

  /** `size` is the product of the axes since `startFrom`, less what divided out. */
  #pairUp(startFrom: number, startTo: number, size: Dim): void {
    let total = size;
    if (this.#isExhaustive && this.#j >= this.#to.length) {
      while (this.#i < this.#from.length) total = total.mul(this.#takeAxis());
    }
    if (this.#isExhaustive && this.#i >= this.#from.length) this.#j = this.#to.length;
    const elements = this.#to.slice(startTo, this.#j);
    this.#pairs.push(pairOf(this.#from.slice(startFrom, this.#i), elements, { from: total, to: totalOf(elements) }));
  }
}

/**
 * How many more parts make up a whole that was divided by numbers, rounded down or up: 1 for T, T//8 and [8]. The last part
 * may have the sizes next to the whole in it, as many as `own` says: [T, B] and [8, B*(T//8)], or [8, (B*T)//8].
 */
function roundedSplit(
  whole: Dim,
  first: Dim,
  next: readonly Entry[],
  more: readonly Entry[],
): { own: number; parts: number } | undefined {
  if (whole.isNumber) return undefined;
  let numbers = first.value ?? 1;
  let parts = first;
  for (let k = 1; k <= more.length && k <= 2; k++) {
    const { dim } = more[k - 1] as Entry;
    numbers *= dim.value ?? 1;
    parts = parts.mul(dim);
    if (numbers < 2) continue;
    for (let own = 1; own <= next.length; own++) {
      const wide = whole.mul(totalOf(next.slice(0, own)));
      if (parts.equals(wide.floorDiv(numbers).mul(numbers))) return { own, parts: k };
    }
    for (const rounded of [whole.floorDiv(numbers).mul(numbers), whole.ceilDiv(numbers).mul(numbers)]) {
      let left = parts.exactQuotient(rounded);
      for (let own = 0; left !== undefined && own <= next.length; own++) {
        if (left.equals(1)) return { own, parts: k };
        left = own < next.length ? left.exactQuotient((next[own] as Entry).dim) : undefined;
      }
    }
  }
  return undefined;
}

/** How many more numbers make up a whole that was cut to their product: 1 for min(T, 24), 3 and [8]. */
function settledSplit(whole: Dim, first: Dim, more: readonly Entry[]): number | undefined {
  if (whole.isNumber || first.value === undefined || more[0]?.dim.value === undefined) return undefined;
  const target = settledValue(whole);
  let product = first.value;
  for (let k = 1; target !== undefined && k <= more.length && product > 0 && product < target; k++) {
    product *= more[k - 1]?.dim.value ?? Number.NaN;
    if (product === target) return k;
  }
  return undefined;
}
