import type { Value } from '../../../src/model/value.js';
import { DataType } from '../../../src/tensor/dtype.js';
import type { Builder } from './model.js';

/** A size as a scalar value: of an axis of a value, times a number, plus a number. */
export type Size = number | readonly [value: Value, axis: number, times?: number, plus?: number];

export function scalar(b: Builder, size: Size): Value {
  if (typeof size === 'number') return b.int(size);
  const [value, axis, times = 1, plus = 0] = size;
  const own = b.node('Gather', [b.node('Shape', [value]), b.int(axis)]);
  return b.node('Add', [b.node('Mul', [own, b.int(times)]), b.int(plus)]);
}

/** 0, 1 ... as exporters count: with Range, or as the positions of ones. */
function count(b: Builder, size: Size, isRange: boolean): Value {
  const n = scalar(b, size);
  if (isRange) return b.node('Range', [b.int(0), n, b.int(1)]);
  const one = { tensor: { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(1n) } };
  const ones = b.node('ConstantOfShape', [b.node('Unsqueeze', [n, b.ints(0)])], { value: one });
  return b.node('Squeeze', [b.node('Transpose', [b.node('NonZero', [ones])]), b.ints(1)]);
}

/** What the exporter makes of `x.as_strided(sizes, strides)`. */
export function asStrided(
  b: Builder,
  x: Value,
  sizes: readonly Size[],
  strides: readonly (number | Value)[],
  isRange = true,
) {
  const index = sizes.reduce<Value | undefined>((sum, size, axis) => {
    const shape = sizes.map((_, i) => (i === axis ? -1 : 1));
    const stride = strides[axis] as number | Value;
    const range = b.node('Reshape', [count(b, size, isRange), b.ints(...shape)]);
    const term = b.node('Mul', [range, typeof stride === 'number' ? b.ints(stride) : stride]);
    return sum === undefined ? term : b.node('Add', [sum, term]);
  }, undefined);
  return b.node('Gather', [b.node('Reshape', [x, b.ints(-1)]), index]);
}
