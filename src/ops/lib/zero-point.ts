import type { DenseTensor } from '../../tensor/dense.js';
import { EvaluationError } from '../types.js';
import { numbers } from './alloc.js';

/**
 * The elements of a stack of matrices less their zero points: one for all, or one for each row or column (a vector, or shaped
 * like the matrices with 1 for the other axis).
 */
export function offsetBy(x: DenseTensor, zeroPoint: DenseTensor | undefined, along: 'rows' | 'columns'): Float64Array {
  const result = Float64Array.from(numbers(x));
  if (zeroPoint === undefined) return result;
  const points = numbers(zeroPoint);
  if (points.length === 1) {
    const point = points[0] as number;
    for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) - point;
    return result;
  }
  const columns = x.shape[x.shape.length - 1] as number;
  const rows = x.shape[x.shape.length - 2] ?? 1;
  const lines = along === 'rows' ? rows : columns;
  if (points.length % lines !== 0) throw new EvaluationError('the zero points do not fit the matrix');
  for (let i = 0; i < result.length; i++) {
    const matrix = Math.floor(i / (rows * columns));
    const line = along === 'rows' ? Math.floor(i / columns) % rows : i % columns;
    result[i] = (result[i] as number) - (points[(matrix * lines + line) % points.length] as number);
  }
  return result;
}
