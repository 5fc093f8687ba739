import { expect, test } from 'vitest';
import type { TensorFacts } from '../../../src/ops/types.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { facts, inferOp, int64, type RunOptions } from '../harness.js';

/** Output 0 of a rule; chains pass it on. */
function apply(
  opType: string,
  inputs: Parameters<typeof inferOp>[1],
  attributes: NonNullable<RunOptions['attributes']> = {},
): TensorFacts {
  const result = inferOp(opType, inputs, { attributes, opset: 17 });
  expect(result.conflicts, `conflicts of ${opType}`).toEqual([]);
  return result.tensor as TensorFacts;
}

function shapeOf({ shape }: TensorFacts): string {
  return `[${shape?.join(', ')}]`;
}

/** Size of an axis, as exporters compute it. */
function size(x: TensorFacts, axis: number): TensorFacts {
  return apply('Unsqueeze', [apply('Gather', [apply('Shape', [x]), int64([axis], [])]), int64([0])]);
}

test('sizes that are taken apart and put together reshape heads', () => {
  const x = facts(DataType.FLOAT, ['B', 'T', 512]);
  const heads = apply('Concat', [size(x, 0), size(x, 1), int64([8]), int64([-1])], { axis: 0 });
  expect(heads.content?.join()).toBe('B,T,8,-1');
  const split = apply('Reshape', [x, heads]);
  expect(shapeOf(split)).toBe('[B, T, 8, 64]');
  const scores = apply('Transpose', [split], { perm: [0, 2, 1, 3] });
  expect(shapeOf(scores)).toBe('[B, 8, T, 64]');
  const merged = apply('Concat', [size(x, 0), int64([-1]), int64([512])], { axis: 0 });
  expect(shapeOf(apply('Reshape', [apply('Transpose', [scores], { perm: [0, 2, 1, 3] }), merged]))).toBe('[B, T, 512]');
});

test('the relative shift of Transformer-XL attention keeps its shape', () => {
  const x = facts(DataType.FLOAT, ['B', 8, 'T', '2*T - 1']);
  // Pad a column, view as one row more and one column less, drop the first row, view as before.
  const zeros = apply('ConstantOfShape', [
    apply('Concat', [size(x, 0), int64([8]), size(x, 2), int64([1])], { axis: 0 }),
  ]);
  const padded = apply('Concat', [zeros, x], { axis: -1 });
  expect(shapeOf(padded)).toBe('[B, 8, T, 2*T]');
  const rows = apply('Concat', [size(x, 0), int64([8]), size(padded, 3), size(x, 2)], { axis: 0 });
  const viewed = apply('Reshape', [padded, rows]);
  expect(shapeOf(viewed)).toBe('[B, 8, 2*T, T]');
  const dropped = apply('Slice', [viewed, int64([1]), int64([2 ** 31 - 1]), int64([2])]);
  expect(shapeOf(dropped)).toBe('[B, 8, 2*T - 1, T]');
  const back = apply('Reshape', [dropped, apply('Shape', [x])]);
  expect(shapeOf(back)).toBe('[B, 8, T, 2*T - 1]');
  const half = { ...facts(DataType.INT64, [1]), content: [Dim.parse('(2*T - 1)//2 + 1')] };
  expect(shapeOf(apply('Slice', [back, int64([0]), half, int64([3])]))).toBe('[B, 8, T, T]');
});

test('the centre of a table of relative positions is 2*T - 1 rows', () => {
  const x = facts(DataType.FLOAT, ['B', 'T', 256]);
  const table = facts(DataType.FLOAT, [1, 1999, 256]);
  const T = apply('Gather', [apply('Shape', [x]), int64([1], [])]).content?.[0] as Dim;
  const scalar = (dim: Dim) => ({ ...facts(DataType.INT64, [1]), content: [dim] });
  const centre = apply('Slice', [table, scalar(Dim.of(1000).sub(T)), scalar(T.add(999)), int64([1])]);
  expect(shapeOf(centre)).toBe('[1, 2*T - 1, 256]');
});

test('what is padded to a multiple and cut to chunks is as many chunks', () => {
  const x = facts(DataType.FLOAT, ['B', 'T', 64]);
  const T = apply('Gather', [apply('Shape', [x]), int64([1], [])]).content?.[0] as Dim;
  const extra = Dim.of(16).sub(T.mod(16)).mod(16);
  const pads = {
    ...facts(DataType.INT64, [6]),
    content: [0, 0, 0, 0, extra, 0].map((p) => (typeof p === 'number' ? Dim.of(p) : p)),
  };
  const padded = apply('Pad', [x, pads]);
  expect(shapeOf(padded)).toBe('[B, 16*((T + 15)//16), 64]');
  expect(shapeOf(apply('Reshape', [padded, int64([0, -1, 16, 64])]))).toBe('[B, (T + 15)//16, 16, 64]');
});

test('an expand that takes -1 for "as it is"', () => {
  // torch's expand: ConstantOfShape * -1, Equal, Where leave the target; here what comes out of it.
  const target = facts(DataType.INT64, [3], ['B', '1', 'T']);
  expect(shapeOf(apply('Expand', [facts(DataType.FLOAT, [1, 16, 1]), target]))).toBe('[B, 16, T]');
});

test('the numbers of a constant are remembered through all movements', () => {
  const baked = { ...facts(DataType.INT64, [2]), content: [Dim.cell('#0@0', 36), Dim.cell('#0@1', 64)] };
  const first = apply('Slice', [baked, int64([0]), int64([1]), int64([0])]);
  const joined = apply('Concat', [first, int64([-1])], { axis: 0 });
  const picked = apply('Gather', [apply('Reshape', [joined, int64([2, 1])]), int64([0], [])]);
  const element = picked.content?.[0];
  expect(element instanceof Dim && element.origin?.toString()).toBe('#0@0');
  const expanded = apply('Expand', [facts(DataType.FLOAT, [1]), picked]);
  expect(expanded.shape?.[0]?.origin?.toString()).toBe('#0@0');
});
