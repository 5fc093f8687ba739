import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { dataTypeName, isFloat } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, type BigData, isBig, type NumberData, numeric } from './alloc.js';
import { roundInPlace } from './elementwise.js';
import { broadcastShapes, broadcastStrides, forEachRun } from './shapes.js';

/** Two stacks of matrices that can be multiplied, and the shape of the product. */
export interface ProductLayout {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly shape: readonly number[];
  /** First elements of the matrices of a, of b and of the product, one entry a product. */
  readonly starts: readonly (readonly [a: number, b: number, result: number])[];
}

/**
 * How numpy's matmul pairs up two shapes: vectors are promoted to matrices, the axes before the last two broadcast.
 *
 * @throws EvaluationError when the shapes do not fit.
 */
export function productLayout(a: readonly number[], b: readonly number[]): ProductLayout {
  if (a.length === 0 || b.length === 0) throw new EvaluationError('a scalar is no matrix');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [rows, inner] = left.slice(-2) as [number, number];
  const [height, columns] = right.slice(-2) as [number, number];
  if (inner !== height) throw new EvaluationError(`matrices [${a}] and [${b}] do not fit`);
  const batchA = left.slice(0, -2);
  const batchB = right.slice(0, -2);
  const batch = broadcastShapes([batchA, batchB]);
  const scaled = (shape: readonly number[], size: number) => broadcastStrides(shape, batch).map((step) => step * size);
  const starts: [number, number, number][] = [];
  const strides = [scaled(batchA, rows * inner), scaled(batchB, inner * columns)];
  forEachRun(batch, strides, (start, length, [i = 0, j = 0], [stepA = 0, stepB = 0]) => {
    for (let k = 0; k < length; k++) starts.push([i + k * stepA, j + k * stepB, (start + k) * rows * columns]);
  });
  const shape = [...batch, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])];
  return { rows, inner, columns, shape, starts };
}

/** Numpy's matmul. Floats are accumulated in doubles and rounded once; integers wrap. */
export function matmul(a: DenseTensor, b: DenseTensor): DenseTensor {
  if (a.dtype !== b.dtype) throw new EvaluationError(`MatMul of ${dataTypeName(a.dtype)} and ${dataTypeName(b.dtype)}`);
  const layout = productLayout(a.shape, b.shape);
  const left = numeric(a);
  const right = numeric(b);
  const data = allocate(a.dtype, elementCount(layout.shape));
  if (isBig(left)) multiplyBig(layout, left, right as BigData, data as BigData);
  else if (isFloat(a.dtype)) {
    multiplyNumbers(layout, left, right as NumberData, data as NumberData);
    roundInPlace(data as NumberData, a.dtype);
  } else multiplyInts(layout, left, right as NumberData, data as NumberData);
  return { dtype: a.dtype, shape: layout.shape, data };
}

/** Products of numbers whose sums a double holds exactly, or that may be rounded. */
export function multiplyNumbers(
  { rows, inner, columns, starts }: ProductLayout,
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  target: NumberData,
): void {
  const row = new Float64Array(columns);
  for (const [startA, startB, start] of starts) {
    for (let i = 0; i < rows; i++) {
      row.fill(0);
      for (let k = 0; k < inner; k++) {
        const factor = left[startA + i * inner + k] as number;
        const from = startB + k * columns;
        for (let j = 0; j < columns; j++) row[j] = (row[j] as number) + factor * (right[from + j] as number);
      }
      target.set(row, start + i * columns);
    }
  }
}

function multiplyInts(
  { rows, inner, columns, starts }: ProductLayout,
  left: NumberData,
  right: NumberData,
  target: NumberData,
): void {
  for (const [startA, startB, start] of starts) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const x = left[startA + i * inner + k] as number;
          sum = (sum + Math.imul(x, right[startB + k * columns + j] as number)) | 0;
        }
        target[start + i * columns + j] = sum;
      }
    }
  }
}

function multiplyBig(
  { rows, inner, columns, starts }: ProductLayout,
  left: BigData,
  right: BigData,
  target: BigData,
): void {
  for (const [startA, startB, start] of starts) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0n;
        for (let k = 0; k < inner; k++) {
          sum += (left[startA + i * inner + k] as bigint) * (right[startB + k * columns + j] as bigint);
        }
        target[start + i * columns + j] = sum;
      }
    }
  }
}

/** A matrix or stack of matrices with its last two axes exchanged. */
export function transposed(x: DenseTensor): DenseTensor {
  const rank = x.shape.length;
  if (rank < 2) throw new EvaluationError('no matrix to transpose');
  const source = numeric(x);
  const data = allocate(x.dtype, source.length);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  for (let start = 0; start < source.length; start += rows * columns) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        data[start + j * rows + i] = source[start + i * columns + j] as number & bigint;
      }
    }
  }
  return { dtype: x.dtype, shape: [...x.shape.slice(0, -2), columns, rows], data };
}

/** The determinant of each n x n matrix, by elimination with row exchanges, in doubles. */
export function determinants(data: ArrayLike<number>, n: number): Float64Array {
  const size = n * n;
  const count = size === 0 ? 0 : data.length / size;
  return Float64Array.from({ length: count }, (_, m) => {
    const matrix = Float64Array.from({ length: size }, (_unused, i) => data[m * size + i] as number);
    return eliminate(matrix, n);
  });
}

function eliminate(matrix: Float64Array, n: number): number {
  const at = (row: number, column: number) => matrix[row * n + column] as number;
  let result = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let row = k + 1; row < n; row++) if (Math.abs(at(row, k)) > Math.abs(at(pivot, k))) pivot = row;
    if (at(pivot, k) === 0) return 0;
    if (pivot !== k) {
      result = -result;
      for (let column = k; column < n; column++) {
        const other = at(k, column);
        matrix[k * n + column] = at(pivot, column);
        matrix[pivot * n + column] = other;
      }
    }
    result *= at(k, k);
    for (let row = k + 1; row < n; row++) {
      const factor = at(row, k) / at(k, k);
      for (let column = k; column < n; column++) matrix[row * n + column] = at(row, column) - factor * at(k, column);
    }
  }
  return result;
}
