import type { AttributeInput } from '../model/attribute.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { castTensor } from '../ops/lib/convert.js';
import { DataType } from '../tensor/dtype.js';
import type { Emitter } from './emitter.js';
import { opsetOf } from './size.js';

/** Attributes of a node to emit. */
export type Attributes = Readonly<Record<string, AttributeInput>>;

/** A size of a shape: a number, or an int64 vector of one element that holds it. */
export type Size = number | Value;

/** From which opset on the axes of a reduction are an input. */
const AXES_INPUT: Readonly<Record<string, number>> = { ReduceSum: 13 };

/**
 * Writes operators in the form of the model's opset (11 or later), right before one node. Every call gives the value that
 * the operator makes; what is asked for twice is computed once.
 */
export class Builder {
  readonly emitter: Emitter;
  readonly anchor: Node;
  /** Beginning of the names of new values. */
  readonly hint: string;

  constructor(emitter: Emitter, anchor: Node, hint: string) {
    this.emitter = emitter;
    this.anchor = anchor;
    this.hint = hint;
  }

  /** Version of the default operator set. */
  get opset(): number {
    return opsetOf(this.anchor);
  }

  /** One node with one output. */
  op(opType: string, inputs: readonly (Value | undefined)[], attributes?: Attributes): Value {
    const spec = { opType, inputs, hint: this.hint };
    return this.emitter.node(attributes ? { ...spec, attributes } : spec, this.anchor);
  }

  /** An int64 scalar, or a vector of a list. */
  ints(values: number | readonly number[]): Value {
    return this.emitter.int64(values, this.hint, this.anchor);
  }

  /** A constant whose numbers are rounded once, to the element type asked for. */
  constant(data: ArrayLike<number>, shape: readonly number[], dtype: number = DataType.FLOAT): Value {
    const exact = { dtype: DataType.DOUBLE, shape, data: Float64Array.from(data) };
    return this.emitter.constant(dtype === DataType.DOUBLE ? exact : castTensor(exact, dtype), this.hint, this.anchor);
  }

  /** A constant of rank 0. */
  scalar(value: number, dtype: number = DataType.FLOAT): Value {
    return dtype === DataType.INT64 ? this.ints(value) : this.constant([value], [], dtype);
  }

  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b]);
  }

  sub(a: Value, b: Value): Value {
    return this.op('Sub', [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.op('Mul', [a, b]);
  }

  div(a: Value, b: Value): Value {
    return this.op('Div', [a, b]);
  }

  cast(x: Value, dtype: number): Value {
    return this.op('Cast', [x], { to: { int: dtype } });
  }

  where(condition: Value, yes: Value, no: Value): Value {
    return this.op('Where', [condition, yes, no]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.op('Transpose', [x], { perm: { ints: perm } });
  }

  concat(values: readonly Value[], axis: number): Value {
    return values.length === 1 ? (values[0] as Value) : this.op('Concat', values, { axis: { int: axis } });
  }

  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.#withAxes('Unsqueeze', x, axes, 13);
  }

  squeeze(x: Value, axes: readonly number[]): Value {
    return this.#withAxes('Squeeze', x, axes, 13);
  }

  /** A reduction along the axes; along all of them without. */
  reduce(opType: string, x: Value, axes: readonly number[] | undefined, keep: boolean): Value {
    const keepdims = { keepdims: { int: keep ? 1 : 0 } };
    if (axes === undefined) return this.op(opType, [x], keepdims);
    return this.#withAxes(opType, x, axes, AXES_INPUT[opType] ?? 18, keepdims);
  }

  #withAxes(opType: string, x: Value, axes: readonly number[], inputSince: number, rest: Attributes = {}): Value {
    if (axes.length === 0) return x;
    if (this.opset >= inputSince) return this.op(opType, [x, this.ints(axes)], rest);
    return this.op(opType, [x], { axes: { ints: axes }, ...rest });
  }

  gather(x: Value, index: number | readonly number[] | Value, axis: number): Value {
    const indices = typeof index === 'object' && 'name' in index ? index : this.ints(index);
    return this.op('Gather', [x, indices], { axis: { int: axis } });
  }

  /** From `start` up to `end` (all that is left without) along an axis, every `step`-th. */
  slice(x: Value, axis: number, start: Size, end: Size = Number.MAX_SAFE_INTEGER, step = 1): Value {
    // Exporters write the largest int64 for the end, which a number only holds rounded up.
    const bound = (at: Size) => (typeof at === 'number' ? this.ints([Math.min(at, Number.MAX_SAFE_INTEGER)]) : at);
    const inputs = [x, bound(start), bound(end), this.ints([axis])];
    return this.op('Slice', step === 1 ? inputs : [...inputs, this.ints([step])]);
  }

  shape(x: Value): Value {
    return this.op('Shape', [x]);
  }

  /** The size of an axis, as a vector of one element. */
  size(x: Value, axis: number): Value {
    return this.gather(this.shape(x), [axis], 0);
  }

  /** Sizes as one int64 vector. */
  sizes(sizes: readonly Size[]): Value {
    if (sizes.every((size) => typeof size === 'number')) return this.ints(sizes);
    return this.concat(
      sizes.map((size) => (typeof size === 'number' ? this.ints([size]) : size)),
      0,
    );
  }

  /** Reshape: 0 copies the size of the same axis, -1 stands for what is left. */
  reshape(x: Value, sizes: readonly Size[]): Value {
    return this.op('Reshape', [x, this.sizes(sizes)]);
  }

  expand(x: Value, sizes: readonly Size[] | Value): Value {
    return this.op('Expand', [x, Array.isArray(sizes) ? this.sizes(sizes) : (sizes as Value)]);
  }

  /** Pads one axis of a tensor of known rank. */
  pad(x: Value, rank: number, axis: number, before: Size, after: Size, mode = 'constant', value?: Value): Value {
    const at = axis < 0 ? axis + rank : axis;
    const pads: Size[] = new Array(2 * rank).fill(0);
    pads[at] = before;
    pads[at + rank] = after;
    const inputs = [x, this.sizes(pads)];
    return this.op('Pad', value ? [...inputs, value] : inputs, { mode: { string: mode } });
  }

  /** A tensor of one repeated element. */
  filled(sizes: Value, element: number, dtype: number): Value {
    const exact = { dtype: DataType.DOUBLE, shape: [1], data: Float64Array.of(element) };
    return this.op('ConstantOfShape', [sizes], { value: { tensor: castTensor(exact, dtype) } });
  }

  /** 0, 1 .. up to an int64 scalar. */
  range(end: Value): Value {
    return this.op('Range', [this.ints(0), end, this.ints(1)]);
  }

  /** An int64 vector of one element as a scalar. */
  asScalar(x: Value): Value {
    return this.squeeze(x, [0]);
  }
}
