/**
 * Biases by signed distance whose two sides follow curves: ALiBi with the causal mask folded in (MPT, BLOOM), Gaussian and
 * exponential locality biases, KERPLE's logarithms and powers (Chi et al. 2022), weights `1 / (1 + |j - i|)`.
 */
import { roundToFloat } from '../../ops/lib/rounding.js';
import {
  apply,
  call,
  cast,
  compile,
  type Expression,
  index,
  int,
  real,
  where,
} from '../../rewrite/generators/expression.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { type Curve, curvesOf, type Lists } from './curves.js';
import type { ByOffset } from './relative.js';

/** An expression of the positions along two axes, and whether runtimes agree on its last bits. */
export interface DistanceRule {
  readonly expression: Expression;
  readonly isExact: boolean;
  readonly name: string;
}

type Precision = 'float' | 'double';

/** Explains values by offset through one curve for both sides, or one for each; with exact operators only, or also others. */
export function findDistance(
  tensor: DenseTensor,
  offsets: ByOffset,
  rowAxis: number,
  columnAxis: number,
  isExact: boolean,
): DistanceRule | undefined {
  if (!isFloat(tensor.dtype)) return undefined;
  const search = new Search(tensor, offsets, isExact);
  const difference = apply('Sub', index(columnAxis), index(rowAxis));
  const parameter = parameters(tensor, rowAxis, columnAxis);
  const both = search.isSymmetric ? search.symmetric() : search.sides();
  if (both === undefined) return undefined;
  const [above, below] = [both.above, both.below];
  const zero = parameter(search.zero, search.type);
  if (above === below) {
    const curve = cast(above.make(call('Abs', difference), parameter), search.type);
    const expression = both.zero === 'own' ? where(apply('Equal', difference, int(0)), zero, curve) : curve;
    return { expression, isExact: above.isExact, name: above.name };
  }
  const right = cast(above.make(difference, parameter), search.type);
  const left = cast(below.make(apply('Sub', index(rowAxis), index(columnAxis)), parameter), search.type);
  const expression =
    both.zero === 'above'
      ? where(apply('Less', difference, int(0)), left, right)
      : where(
          apply('Greater', difference, int(0)),
          right,
          both.zero === 'below' ? left : where(apply('Equal', difference, int(0)), zero, left),
        );
  const name = [below, above].map((curve) => curve.name).filter((text) => text !== 'constant');
  return {
    expression,
    isExact: above.isExact && below.isExact,
    name: name.length === 2 ? `${name[0]} before, ${name[1]} after` : `${name[0] ?? 'constant'} to one side`,
  };
}

interface Sides {
  readonly above: Curve;
  readonly below: Curve;
  /** Whose curve gives the elements at distance 0. */
  readonly zero: 'above' | 'below' | 'own';
}

class Search {
  readonly type: Precision;
  readonly zero: readonly number[];
  readonly #above: readonly (readonly number[])[];
  readonly #below: readonly (readonly number[])[];
  readonly #dtype: number;
  readonly #isExact: boolean;

  constructor({ dtype }: DenseTensor, { first, lists }: ByOffset, isExact: boolean) {
    this.#dtype = dtype;
    this.#isExact = isExact;
    this.type = dtype === DataType.DOUBLE ? 'double' : 'float';
    const numbers = lists.map((list) => list.map(Number));
    this.zero = numbers.map((list) => list[-first] as number);
    this.#above = numbers.map((list) => list.slice(-first));
    this.#below = numbers.map((list) => list.slice(0, 1 - first).reverse());
  }

  get isSymmetric(): boolean {
    return this.#above.every((list, k) => {
      const other = this.#below[k] as readonly number[];
      for (let d = 0; d < Math.min(list.length, other.length); d++) if (!Object.is(list[d], other[d])) return false;
      return true;
    });
  }

  symmetric(): Sides | undefined {
    const longest = (this.#above[0]?.length ?? 0) >= (this.#below[0]?.length ?? 0) ? this.#above : this.#below;
    for (const from of [0, 1] as const) {
      const curve = this.#fit(longest, from);
      if (curve) return { above: curve, below: curve, zero: from === 0 ? 'above' : 'own' };
    }
    return undefined;
  }

  sides(): Sides | undefined {
    for (const zero of ['below', 'above', 'own'] as const) {
      const above = this.#fit(this.#above, zero === 'above' ? 0 : 1);
      const below = above && this.#fit(this.#below, zero === 'below' ? 0 : 1);
      if (above && below) return { above, below, zero };
    }
    return undefined;
  }

  #fit(lists: readonly (readonly number[])[], from: 0 | 1): Curve | undefined {
    const given: Lists = { from, lists: lists.map((list) => list.slice(from)), type: this.type };
    for (const curve of curvesOf(given)) {
      if (curve.isExact || !this.#isExact) if (this.#matches(curve, given)) return curve;
    }
    return undefined;
  }

  #matches(curve: Curve, { lists, from }: Lists): boolean {
    for (const [k, list] of lists.entries()) {
      const value = compile(
        curve.make(index(0), (values, type) => real(values[k] as number, type)),
        [list.length + from],
      );
      for (let d = 0; d < list.length; d++) {
        const [expected, element] = [roundToFloat(this.#dtype, value([d + from])), list[d] as number];
        if (curve.isExact ? expected + 0 !== element + 0 : !isNear(expected, element, this.#dtype)) return false;
      }
    }
    return true;
  }
}

/** Equal up to a few roundings of the type, of the result or of what an exponential was taken of. */
function isNear(a: number, b: number, dtype: number): boolean {
  if (Object.is(a, b)) return true;
  const digits = dtype === DataType.DOUBLE ? 2 ** -40 : dtype === DataType.FLOAT ? 2 ** -20 : 2 ** -8;
  const magnitude = Math.max(Math.abs(b), 1e-30);
  return Math.abs(a - b) <= digits * magnitude * (1 + Math.abs(Math.log(magnitude)));
}

/** Numbers of the lists as a scalar where they agree, else as a tensor with 1 at the two axes. */
function parameters({ shape }: DenseTensor, rowAxis: number, columnAxis: number) {
  return (values: readonly number[], type: Precision): Expression => {
    const [first = 0] = values;
    if (values.every((value) => Object.is(value, first))) return real(first, type);
    const sizes = shape.map((size, axis) => (axis === rowAxis || axis === columnAxis ? 1 : size));
    const data = type === 'float' ? Float32Array.from(values) : Float64Array.from(values);
    const dtype = type === 'float' ? DataType.FLOAT : DataType.DOUBLE;
    return { op: 'values', type, tensor: { dtype, shape: sizes, data } };
  };
}
