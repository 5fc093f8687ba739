import type { Inference } from '../../analysis/infer.js';
import type { Term } from '../../analysis/unrolled/template.js';
import type { Shape } from '../../ops/types.js';
import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { joinData } from '../../tensor/join.js';
import { Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';

/** Constants that every item has of its own, one after the other along a new first axis. */
export function stacked(
  { copies }: Extract<Term, { kind: 'constants' }>,
  draft: Draft,
  { constants }: Inference,
): { ref: Ref; shape: Shape } {
  const tensors = copies.map((copy) => constants.dense(copy));
  const [first] = tensors;
  if (first === undefined || !tensors.every((tensor) => tensor !== undefined)) {
    throw new Unbatchable('constants that differ from item to item cannot be read');
  }
  const tensor: DenseTensor = {
    dtype: first.dtype,
    shape: [tensors.length, ...first.shape],
    data: joinData([first.data, ...tensors.slice(1).map(({ data }) => data)]),
  };
  const ref = draft.constant(tensor);
  return { ref, shape: first.shape.map((size) => Dim.of(size)) };
}

/** The rows of a tensor that has only as many as there were copies: fewer for fewer items, and an error for more. */
export function limited(draft: Draft, ref: Ref, axis: number, count: Ref): Ref {
  if (draft.opset < 11) throw new Unbatchable('before opset 11, there is no Range');
  const scalar = (value: number) =>
    draft.constant({ dtype: DataType.INT64, shape: [], data: BigInt64Array.of(BigInt(value)) });
  const rows = draft.node('Range', [scalar(0), draft.squeeze(count, [0]), scalar(1)]);
  return draft.node('Gather', [ref, rows], { axis: { int: axis } });
}
