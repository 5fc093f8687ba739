import type { DenseTensor } from '../../tensor/dense.js';
import { type BandMask, describeBand, findBand } from './band.js';
import { bitMatrix, type Element, elementAt, isInvariantAlong } from './matrix.js';

/** Every element is the same. */
export interface Fill {
  readonly kind: 'fill';
  readonly value: Element;
}

/** A rule that gives a constant exactly, at its own size, and says what it would be at any other. */
export type Generator = Fill | BandMask;

/** What {@link explain} found, or why nothing. */
export type Explanation =
  | { readonly found: true; readonly generator: Generator; readonly name: string }
  | { readonly found: false; readonly reason: string; readonly maskLike: boolean };

/**
 * Finds the simplest generator that reproduces a constant exactly along its baked axes (DESIGN: description length
 * decides; all others are axes of parameters or of size 1).
 *
 * @param tensor the constant
 * @param bakedAxes the axes whose size follows a symbolic dimension
 */
export function explain(tensor: DenseTensor, bakedAxes: readonly number[]): Explanation {
  if (tensor.data.length === 0) return { found: false, reason: 'it is empty', maskLike: false };
  const varying = tensor.shape.map((_, axis) => axis).filter((axis) => !isInvariantAlong(tensor, axis));
  if (varying.length === 0) {
    return { found: true, generator: { kind: 'fill', value: elementAt(tensor, 0) }, name: `all ${show(tensor, 0)}` };
  }
  const others = varying.filter((axis) => !bakedAxes.includes(axis));
  const distinct = distinctElements(tensor, 3);
  const maskLike = distinct.length === 2 && others.length === 0;
  if (others.length > 0) {
    return { found: false, reason: `its values differ along axis ${others.join(', ')}, which is not baked`, maskLike };
  }
  if (varying.length === 1) {
    const reason = maskLike
      ? `it is a mask of one row (${describeRuns(tensor)}), which a length at run time would have to give`
      : `its values along axis ${varying[0]} follow no known rule`;
    return { found: false, reason, maskLike };
  }
  if (varying.length === 2) {
    const [rowAxis, columnAxis] = varying as [number, number];
    const matrix = bitMatrix(tensor, rowAxis, columnAxis);
    const band = matrix && findBand(matrix);
    if (band) {
      return { found: true, generator: { kind: 'band', rowAxis, columnAxis, ...band }, name: describeBand(band) };
    }
    return {
      found: false,
      reason: maskLike ? 'its two values follow no band or chunk rule' : 'its values follow no known rule',
      maskLike,
    };
  }
  return { found: false, reason: `its values differ along ${varying.length} axes`, maskLike };
}

function distinctElements(tensor: DenseTensor, limit: number): Element[] {
  const seen: Element[] = [];
  for (let i = 0; i < tensor.data.length && seen.length < limit; i++) {
    const element = elementAt(tensor, i);
    if (!seen.some((other) => Object.is(other, element))) seen.push(element);
  }
  return seen;
}

function describeRuns(tensor: DenseTensor): string {
  let first = 0;
  while (first < tensor.data.length && Object.is(tensor.data[first], tensor.data[0])) first++;
  return `${show(tensor, 0)} for the first ${first} positions`;
}

function show(tensor: DenseTensor, i: number): string {
  const element = elementAt(tensor, i);
  if (tensor.dtype === 9) return element === 0 ? 'False' : 'True';
  return Object.is(element, -0) ? '-0' : String(element);
}
