import { allocateLike, checkedCount, copyRun, type Elements } from './elements.js';
import { forEachRun, stridesOf } from './shapes.js';

/** A region of a buffer: where its first element is, and the step along each axis (negative and 0 allowed). */
export interface Region {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Copies a region of one buffer to a region of the same shape of another. */
export function copyRegion(
  to: Elements,
  target: Region,
  from: Elements,
  source: Region,
  shape: readonly number[],
): void {
  const { width } = from;
  forEachRun(shape, [target.strides, source.strides], (_, length, starts, steps) => {
    const at = target.offset + (starts[0] as number);
    const start = source.offset + (starts[1] as number);
    const [stepTo, stepFrom] = steps as [number, number];
    if (stepTo === 1 && stepFrom === 1) copyRun(to, at, from, start, length);
    else if (width === 1)
      copySteps(to.units as unknown[], at, stepTo, from.units as unknown[], start, stepFrom, length);
    else for (let i = 0; i < length; i++) copyRun(to, at + i * stepTo, from, start + i * stepFrom, 1);
  });
}

function copySteps(
  to: unknown[],
  at: number,
  stepTo: number,
  from: readonly unknown[],
  start: number,
  stepFrom: number,
  length: number,
): void {
  let target = at;
  let source = start;
  for (let i = 0; i < length; i++) {
    to[target] = from[source];
    target += stepTo;
    source += stepFrom;
  }
}

/** A region read out in row-major order: transposition, slicing, flipping and broadcasting are all this. */
export function readRegion(from: Elements, source: Region, shape: readonly number[]): Elements {
  const result = allocateLike(from, checkedCount(shape));
  copyRegion(result, { offset: 0, strides: stridesOf(shape) }, from, source, shape);
  return result;
}

/** Reads blocks of `length` neighbouring elements; a position below 0 leaves its block as allocated. */
export function readBlocks(from: Elements, positions: ArrayLike<number>, length: number): Elements {
  const result = allocateLike(from, positions.length * length);
  if (length === 1 && from.width === 1) {
    const source = from.units as unknown[];
    const target = result.units as unknown[];
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      if (position >= 0) target[i] = source[position];
    }
    return result;
  }
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number;
    if (position >= 0) copyRun(result, i * length, from, position, length);
  }
  return result;
}

/** The elements with their axes in another order, after seeing them as `sizes`. */
export function permute(from: Elements, sizes: readonly number[], order: readonly number[]): Elements {
  const strides = stridesOf(sizes);
  return readRegion(
    from,
    { offset: 0, strides: order.map((axis) => strides[axis] as number) },
    order.map((axis) => sizes[axis] as number),
  );
}
