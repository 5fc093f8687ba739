import { stridesOf } from '../../ops/lib/shapes.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import { isInvariantAlong } from './matrix.js';

/**
 * The tensor with size 1 along those of the axes at whose every index it holds the same elements: folding an Expand, or a
 * lookup of one row for every position, writes them out.
 */
export function once(tensor: DenseTensor, axes: readonly number[]): DenseTensor {
  let result = tensor;
  for (const axis of axes) {
    if ((result.shape[axis] as number) > 1 && isInvariantAlong(result, axis)) result = firstAlong(result, axis);
  }
  return result;
}

function firstAlong(tensor: DenseTensor, axis: number): DenseTensor {
  const inner = stridesOf(tensor.shape)[axis] as number;
  const block = inner * (tensor.shape[axis] as number);
  const count = tensor.data.length / (tensor.shape[axis] as number);
  const data = tensor.data.slice(0, count) as DenseData;
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i / inner) * block + (i % inner);
    (data as Element[])[i] = tensor.data[from] as Element;
  }
  return { dtype: tensor.dtype, shape: tensor.shape.with(axis, 1), data };
}
