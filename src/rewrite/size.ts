import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Emitter } from './emitter.js';

/** Where a size can be read: an axis of a tensor, or an int64 scalar that holds it. */
export interface SizeSource {
  readonly value: Value;
  readonly axis?: number | undefined;
}

/** Finds a value that has the size and that the node can read. */
export type FindSize = (size: Dim, anchor: Node) => SizeSource | undefined;

/** Sizes at which a strided operator has no output yet end within a few strides. */
const MOST_LIFT = 8;

/** Emits what computes symbolic sizes at run time, from the sizes of live tensors. */
export class Sizes {
  readonly #emitter: Emitter;
  readonly #find: FindSize;

  constructor(emitter: Emitter, find: FindSize) {
    this.#emitter = emitter;
    this.#find = find;
  }

  /** Can the size be computed before this node? */
  canCompute(size: Dim, anchor: Node): boolean {
    if (size.isNumber || this.#find(size, anchor) !== undefined) return true;
    const parts = size.parts();
    switch (parts.kind) {
      case 'sum':
        return parts.terms.every((part) => this.canCompute(part, anchor));
      case 'product':
        return parts.factors.every((part) => this.canCompute(part, anchor));
      case 'floorDiv':
        return (
          liftOf(parts.numerator, parts.divisor) !== undefined &&
          this.canCompute(parts.numerator, anchor) &&
          this.canCompute(parts.divisor, anchor)
        );
      case 'max':
        return opsetOf(anchor) >= 12 && parts.operands.every((part) => this.canCompute(part, anchor));
      default:
        return false;
    }
  }

  /** The size as an int64 scalar (rank 0). @throws RangeError unless {@link canCompute} */
  scalar(size: Dim, anchor: Node): Value {
    if (size.value !== undefined) return this.#emitter.int64(size.value, 'size', anchor);
    const source = this.#find(size, anchor);
    if (source === undefined) return this.#compute(size, anchor, (part) => this.scalar(part, anchor));
    if (source.axis === undefined) return source.value;
    return this.#gather(source.value, this.#emitter.int64(source.axis, 'axis', anchor), anchor);
  }

  /** The size as an int64 vector of one element, the form that Expand, Reshape and Slice want. */
  vector(size: Dim, anchor: Node): Value {
    if (size.value !== undefined) return this.#emitter.int64([size.value], 'size', anchor);
    const source = this.#find(size, anchor);
    if (source === undefined) return this.#compute(size, anchor, (part) => this.vector(part, anchor));
    if (source.axis === undefined) return unsqueeze(this.#emitter, source.value, [0], anchor);
    return this.#part(source.value, source.axis, anchor);
  }

  /** Several sizes as one int64 vector. */
  shape(sizes: readonly Dim[], anchor: Node): Value {
    const numbers = sizes.map((size) => size.value);
    if (numbers.every((size) => size !== undefined)) return this.#emitter.int64(numbers, 'shape', anchor);
    const inputs = sizes.map((size) => this.vector(size, anchor));
    if (inputs.length === 1) return inputs[0] as Value;
    return this.#emitter.node({ opType: 'Concat', inputs, attributes: { axis: { int: 0 } }, hint: 'shape' }, anchor);
  }

  /** One size as a vector: since opset 15, Shape gives a part of a shape itself. */
  #part(value: Value, axis: number, anchor: Node): Value {
    if (opsetOf(anchor) < 15) return this.#gather(value, this.#emitter.int64([axis], 'axis', anchor), anchor);
    const attributes = { start: { int: axis }, end: { int: axis + 1 } };
    return this.#emitter.node({ opType: 'Shape', inputs: [value], attributes, hint: 'size' }, anchor);
  }

  #gather(value: Value, axis: Value, anchor: Node): Value {
    const shape = this.#emitter.node({ opType: 'Shape', inputs: [value], hint: 'shape' }, anchor);
    const attributes = { axis: { int: 0 } };
    return this.#emitter.node({ opType: 'Gather', inputs: [shape, axis], attributes, hint: 'size' }, anchor);
  }

  /** `max(a, b) + c` as the maximum of `a + c` and `b + c`, where one of those is a number: `max(T - 9, 0) + 9 - T`. */
  #asMaximum(size: Dim, terms: readonly Dim[], anchor: Node): readonly Dim[] | undefined {
    for (const term of terms) {
      const parts = term.parts();
      if (parts.kind !== 'max') continue;
      const operands = parts.operands.map((operand) => operand.add(size.sub(term)));
      const isSimpler = operands.some(({ isNumber }) => isNumber);
      if (isSimpler && operands.every((operand) => this.canCompute(operand, anchor))) return operands;
    }
    return undefined;
  }

  #compute(size: Dim, anchor: Node, value: (part: Dim) => Value): Value {
    const apply = (opType: string, inputs: Value[]) => this.#emitter.node({ opType, inputs, hint: 'size' }, anchor);
    const parts = size.parts();
    switch (parts.kind) {
      case 'sum': {
        const largest = this.#asMaximum(size, parts.terms, anchor);
        if (largest !== undefined) return apply('Max', largest.map(value));
        const added = parts.terms.filter((term) => !isNegated(term));
        const subtracted = parts.terms.filter(isNegated).map((term) => value(term.neg()));
        const [first = value(size.sub(size)), ...rest] = added.map(value);
        const total = rest.reduce((sum, term) => apply('Add', [sum, term]), first);
        return subtracted.reduce((sum, term) => apply('Sub', [sum, term]), total);
      }
      case 'product':
        return parts.factors.map(value).reduce((product, factor) => apply('Mul', [product, factor]));
      case 'floorDiv': {
        const { numerator, divisor } = parts;
        const lift = liftOf(numerator, divisor) ?? 0;
        const quotient = apply('Div', [value(numerator.add(divisor.mul(lift))), value(divisor)]);
        return lift === 0 ? quotient : apply('Sub', [quotient, value(Dim.of(lift))]);
      }
      case 'max':
        return apply('Max', parts.operands.map(value));
      default:
        throw new RangeError(`no live tensor has the size ${size}`);
    }
  }
}

/**
 * ONNX divides integers towards zero, which is the floor only from 0 up: how many divisors have to be added to be there.
 * Undefined when that cannot be told.
 */
function liftOf(numerator: Dim, divisor: Dim): number | undefined {
  if (numerator.isNonNegative()) return 0;
  if (!divisor.isPositive()) return undefined;
  for (let lift = 1; lift <= MOST_LIFT; lift++) if (numerator.add(divisor.mul(lift)).isNonNegative()) return lift;
  return undefined;
}

/** Has the term a minus sign in front? */
function isNegated(term: Dim): boolean {
  if (term.value !== undefined) return term.value < 0;
  const parts = term.parts();
  return parts.kind === 'product' && parts.factors.some(({ value }) => value !== undefined && value < 0);
}

/** The default opset that the node's graph imports. */
export function opsetOf(anchor: Node): number {
  return anchor.graph.opset('') ?? 0;
}

/** Unsqueeze in the form of the model's opset: axes are an input from opset 13 on. */
export function unsqueeze(emitter: Emitter, value: Value, axes: readonly number[], anchor: Node): Value {
  if (axes.length === 0) return value;
  if (opsetOf(anchor) >= 13) {
    const list = emitter.int64(axes, 'axes', anchor);
    return emitter.node({ opType: 'Unsqueeze', inputs: [value, list], hint: 'unsqueezed' }, anchor);
  }
  const attributes = { axes: { ints: [...axes] } };
  return emitter.node({ opType: 'Unsqueeze', inputs: [value], attributes, hint: 'unsqueezed' }, anchor);
}

/** 0, 1 ... size - 1 as an int64 vector. */
export function indices(emitter: Emitter, sizes: Sizes, size: Dim, anchor: Node): Value {
  if (opsetOf(anchor) >= 11) {
    const inputs = [emitter.int64(0, 'zero', anchor), sizes.scalar(size, anchor), emitter.int64(1, 'one', anchor)];
    return emitter.node({ opType: 'Range', inputs, hint: 'positions' }, anchor);
  }
  // Range came with opset 11: the indices of the nonzero elements of ones are the same.
  const value = { tensor: { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(1n) } };
  const inputs = [sizes.vector(size, anchor)];
  const ones = emitter.node({ opType: 'ConstantOfShape', inputs, attributes: { value }, hint: 'ones' }, anchor);
  const rows = emitter.node({ opType: 'NonZero', inputs: [ones], hint: 'positions' }, anchor);
  const attributes = { axes: { ints: [0] } };
  return emitter.node({ opType: 'Squeeze', inputs: [rows], attributes, hint: 'positions' }, anchor);
}

/** Slice with constant or computed bounds along one axis, step 1. Opset 10 made the bounds inputs. */
export function slice(
  emitter: Emitter,
  value: Value,
  axis: number,
  start: Value,
  end: Value,
  anchor: Node,
  hint: string,
): Value {
  const axes = emitter.int64([axis], 'axis', anchor);
  return emitter.node({ opType: 'Slice', inputs: [value, start, end, axes], hint }, anchor);
}
