import { EvaluationError } from '../types.js';

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/**
 * An axis counted from the end if negative.
 *
 * @throws EvaluationError when there is no such axis.
 */
export function normalizeAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw new EvaluationError(`axis ${axis} does not exist in ${rank} dimensions`);
  }
  return result;
}

/**
 * Numpy broadcasting of concrete shapes.
 *
 * @throws EvaluationError when they do not fit.
 */
export function broadcastShapes(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    shape.forEach((size, axis) => {
      const known = result[offset + axis] as number;
      if (size === known || size === 1) return;
      if (known !== 1)
        throw new EvaluationError(`shapes ${shapes.map((s) => `[${s}]`).join(' and ')} do not broadcast`);
      result[offset + axis] = size;
    });
  }
  return result;
}

/** Strides of a tensor seen as a larger shape that it broadcasts to: 0 along stretched axes. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(shape);
  const offset = to.length - shape.length;
  return to.map((_, axis) => (axis < offset || shape[axis - offset] === 1 ? 0 : (own[axis - offset] as number)));
}

/**
 * Walks a shape in row-major order, run by run: axes that all operands cross with one step are merged, and `visit` gets
 * the run's first output index, its length, where each operand starts and its step inside the run.
 */
export function forEachRun(
  shape: readonly number[],
  operands: readonly (readonly number[])[],
  visit: (start: number, length: number, starts: readonly number[], steps: readonly number[]) => void,
): void {
  const { sizes, strides } = mergeAxes(shape, operands);
  const rank = sizes.length;
  const length = rank === 0 ? 1 : (sizes[rank - 1] as number);
  let total = 1;
  for (const size of sizes) total *= size;
  if (total === 0) return;
  const steps = strides.map((own) => own[rank - 1] ?? 0);
  const starts = strides.map(() => 0);
  const index = new Array<number>(Math.max(0, rank - 1)).fill(0);
  for (let start = 0; ; start += length) {
    visit(start, length, starts, steps);
    let axis = rank - 2;
    for (; axis >= 0; axis--) {
      const size = sizes[axis] as number;
      const next = (index[axis] as number) + 1;
      const wrapped = next === size;
      for (let k = 0; k < starts.length; k++) {
        const stride = strides[k]?.[axis] as number;
        starts[k] = (starts[k] as number) + (wrapped ? -(size - 1) * stride : stride);
      }
      index[axis] = wrapped ? 0 : next;
      if (!wrapped) break;
    }
    if (axis < 0) return;
  }
}

/** Drops axes of size 1 and merges neighbours that every operand crosses contiguously. */
function mergeAxes(
  shape: readonly number[],
  operands: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    const last = sizes.length - 1;
    const mergeable =
      last >= 0 && operands.every((own, k) => strides[k]?.[last] === (own[axis] as number) * size && size > 0);
    if (mergeable) sizes[last] = (sizes[last] as number) * size;
    else sizes.push(size);
    operands.forEach((own, k) => {
      (strides[k] as number[])[mergeable ? last : sizes.length - 1] = own[axis] as number;
    });
  }
  return { sizes, strides };
}
