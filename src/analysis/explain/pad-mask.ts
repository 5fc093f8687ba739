import { stridesOf } from '../../ops/lib/shapes.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { PadMask } from '../../rewrite/generators/pad-mask.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';
import { type Band, describeBand, findBand } from './band.js';
import { type BitMatrix, elementAt, isInvariantAlong, sameElement } from './matrix.js';
import { explainRowValue } from './row-value.js';

/**
 * Recognises a pad mask: two elements (the valid one may differ from row to row), a prefix in every row. At least one
 * row has padding.
 *
 * @param tensor the constant
 * @param bakedAxes axes whose size follows a symbolic dimension
 * @param batchAxis the axis that items of a batch lie along, if the tensor has one
 */
export function findPadMask(
  tensor: DenseTensor,
  bakedAxes: readonly number[],
  batchAxis: number | undefined,
): PadMask | undefined {
  const varying = tensor.shape.map((_, axis) => axis).filter((axis) => !isInvariantAlong(tensor, axis));
  const rowAxis = varying.find((axis) => axis === batchAxis);
  const positions = varying.filter((axis) => axis !== rowAxis);
  if (positions.length === 0 || positions.length > 2 || !positions.every((axis) => bakedAxes.includes(axis))) {
    return undefined;
  }
  if (positions.length === 1) return findRows(tensor, rowAxis, positions[0] as number);
  return findPlanes(tensor, rowAxis, positions[0] as number, positions[1] as number);
}

/** How people call it: `29, 24 of 29 positions are valid`. */
export function describePadMask({ counts, keyAxis, band }: PadMask, tensor: DenseTensor): string {
  const shown = counts.length > 8 ? [...counts.slice(0, 8), '..'] : counts;
  const rule = band ? `${describeBand(band)}, ` : '';
  return `${rule}${shown.join(', ')} of ${tensor.shape[keyAxis]} positions are valid`;
}

function findRows(tensor: DenseTensor, rowAxis: number | undefined, keyAxis: number): PadMask | undefined {
  const strides = stridesOf(tensor.shape);
  const size = tensor.shape[keyAxis] as number;
  const step = strides[keyAxis] as number;
  const counts: number[] = [];
  const valid: Element[] = [];
  let padded: Element | undefined;
  for (const start of rowStarts(tensor, rowAxis)) {
    const first = elementAt(tensor, start);
    let count = 1;
    while (count < size && sameElement(elementAt(tensor, start + count * step), first)) count++;
    for (let j = count; j < size; j++) {
      const element = elementAt(tensor, start + j * step);
      padded ??= element;
      if (!sameElement(element, padded)) return undefined;
    }
    counts.push(count);
    valid.push(first);
  }
  // A row that begins with padding is padded in front.
  if (padded === undefined || valid.some((element) => sameElement(element, padded as Element))) return undefined;
  const common = { rowAxis, keyAxis, queryAxis: undefined, masksQueries: false, band: undefined, counts, padded };
  const weights = isFloat(tensor.dtype) && explainRowValue(valid as number[], counts, tensor.dtype);
  if (weights && weights.kind === 'reciprocal') return { ...common, valid: weights };
  const [first] = valid as [Element];
  return valid.every((element) => sameElement(element, first)) ? { ...common, valid: first } : undefined;
}

/** Planes of queries by keys, one a row. */
function findPlanes(
  tensor: DenseTensor,
  rowAxis: number | undefined,
  queryAxis: number,
  keyAxis: number,
): PadMask | undefined {
  const strides = stridesOf(tensor.shape);
  const [size, columns] = [tensor.shape[queryAxis] as number, tensor.shape[keyAxis] as number];
  if (size !== columns) return undefined;
  const valid = elementAt(tensor, 0);
  const padded = tensor.data.find((element) => !sameElement(element as Element, valid)) as Element | undefined;
  if (padded === undefined) return undefined;
  const planes: BitMatrix[] = [];
  for (const start of rowStarts(tensor, rowAxis)) {
    const bits = new Uint8Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const element = elementAt(
          tensor,
          start + i * (strides[queryAxis] as number) + j * (strides[keyAxis] as number),
        );
        if (sameElement(element, valid)) bits[i * size + j] = 1;
        else if (!sameElement(element, padded)) return undefined;
      }
    }
    planes.push({ rows: size, columns: size, bits, zero: padded, one: valid });
  }
  const counts = planes.map(keysSeen);
  const longest = Math.max(...counts);
  const fullest = cut(planes[counts.indexOf(longest)] as BitMatrix, longest);
  const band = fullest.bits.every((bit) => bit === 1) ? undefined : findBand(fullest);
  if (band === undefined && fullest.bits.includes(0)) return undefined;
  if (band !== undefined && !sameElement(band.inside, valid)) return undefined;
  if (counts.every((count) => count === size)) return undefined;
  const common = { rowAxis, keyAxis, queryAxis, band, counts, valid, padded };
  for (const masksQueries of [true, false]) {
    const mask = { ...common, masksQueries };
    if (planes.every((plane, b) => isPlaneOf(plane, counts[b] as number, mask))) return mask;
  }
  return undefined;
}

/** Keys up to the last one that any query sees. */
function keysSeen({ rows, columns, bits }: BitMatrix): number {
  let seen = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = columns - 1; j >= seen; j--) {
      if (bits[i * columns + j] === 1) {
        seen = j + 1;
        break;
      }
    }
  }
  return seen;
}

function cut({ columns, bits, zero, one }: BitMatrix, size: number): BitMatrix {
  const part = new Uint8Array(size * size);
  for (let i = 0; i < size; i++) part.set(bits.subarray(i * columns, i * columns + size), i * size);
  return { rows: size, columns: size, bits: part, zero, one };
}

function isPlaneOf({ rows, columns, bits }: BitMatrix, count: number, { band, masksQueries }: PadMask): boolean {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const expected = j < count && (!masksQueries || i < count) && (band === undefined || isInside(band, i, j));
      if (expected !== (bits[i * columns + j] === 1)) return false;
    }
  }
  return true;
}

function isInside({ chunk, low, high }: Band, i: number, j: number): boolean {
  const offset = Math.floor(j / chunk) - Math.floor(i / chunk);
  return (low === undefined || offset >= low) && (high === undefined || offset <= high);
}

/** Index of the first element of every row. */
function rowStarts({ shape }: DenseTensor, rowAxis: number | undefined): number[] {
  if (rowAxis === undefined) return [0];
  const step = stridesOf(shape)[rowAxis] as number;
  return Array.from({ length: shape[rowAxis] as number }, (_, b) => b * step);
}
