import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Emitter } from './emitter.js';

/** Where a size can be read: an axis of a tensor, or an int64 scalar that holds it. */
export interface SizeSource {
  readonly value: Value;
  readonly axis?: number | undefined;
}

/** The size as an int64 scalar (rank 0). */
export function sizeScalar(emitter: Emitter, source: SizeSource, anchor: Node): Value {
  if (source.axis === undefined) return source.value;
  const shape = emitter.node({ opType: 'Shape', inputs: [source.value], hint: 'shape' }, anchor);
  const axis = emitter.int64(source.axis, 'axis', anchor);
  return emitter.node({ opType: 'Gather', inputs: [shape, axis], attributes: { axis: { int: 0 } }, hint: 'size' }, anchor);
}

/** The size as an int64 vector of one element, the form that Expand, Reshape and Slice want. */
export function sizeVector(emitter: Emitter, source: SizeSource, anchor: Node): Value {
  if (source.axis === undefined) return unsqueeze(emitter, source.value, [0], anchor);
  const shape = emitter.node({ opType: 'Shape', inputs: [source.value], hint: 'shape' }, anchor);
  const axis = emitter.int64([source.axis], 'axis', anchor);
  return emitter.node({ opType: 'Gather', inputs: [shape, axis], attributes: { axis: { int: 0 } }, hint: 'size' }, anchor);
}

/** Unsqueeze in the form of the model's opset: axes are an input from opset 13 on. */
export function unsqueeze(emitter: Emitter, value: Value, axes: readonly number[], anchor: Node): Value {
  if ((anchor.graph.opset('') ?? 0) >= 13) {
    const list = emitter.int64(axes, 'axes', anchor);
    return emitter.node({ opType: 'Unsqueeze', inputs: [value, list], hint: 'unsqueezed' }, anchor);
  }
  const attributes = { axes: { ints: [...axes] } };
  return emitter.node({ opType: 'Unsqueeze', inputs: [value], attributes, hint: 'unsqueezed' }, anchor);
}

/** 0, 1 ... size - 1 as an int64 vector. */
export function indices(emitter: Emitter, source: SizeSource, anchor: Node): Value {
  if ((anchor.graph.opset('') ?? 0) >= 11) {
    const size = sizeScalar(emitter, source, anchor);
    const zero = emitter.int64(0, 'zero', anchor);
    const one = emitter.int64(1, 'one', anchor);
    return emitter.node({ opType: 'Range', inputs: [zero, size, one], hint: 'positions' }, anchor);
  }
  // Range came with opset 11: the indices of the nonzero elements of ones are the same.
  const size = sizeVector(emitter, source, anchor);
  const value = { tensor: { dtype: 7, shape: [1], data: BigInt64Array.of(1n) } };
  const ones = emitter.node({ opType: 'ConstantOfShape', inputs: [size], attributes: { value }, hint: 'ones' }, anchor);
  const rows = emitter.node({ opType: 'NonZero', inputs: [ones], hint: 'positions' }, anchor);
  const attributes = { axes: { ints: [0] } };
  return emitter.node({ opType: 'Squeeze', inputs: [rows], attributes, hint: 'positions' }, anchor);
}
