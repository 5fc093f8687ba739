import type { Node } from '../../model/node.js';
import { product } from '../../ops/lib/known.js';
import { Dim } from '../../symbolic/dim.js';
import { type AffineIndex, affineIndex, type IndexAxis } from '../affine-index.js';
import { combinations } from '../combinations.js';
import { divisorsOf } from '../demands.js';
import type { Inference } from '../infer.js';
import { leastCommonMultiple } from '../least-common-multiple.js';
import type { Claim, Scene } from './evidence.js';
import { isOp, isWritten, shapeOf } from './look.js';
import type { TracedSizes } from './traced-sizes.js';

/**
 * Strides that were frozen: `as_strided` is exported as a Gather from the flattened tensor, at the sums of a range times a
 * stride for each axis. The strides are products of sizes of the tensor, written down as numbers, mostly where the sizes of
 * the ranges are live.
 *
 *     x [B, N, 8] -> Reshape [-1] -> Gather (range(B) * 192 + range(N // 4 - 1) * 32 + range(8) * 8 + range(8))
 *
 * Overlapping windows begin at the first element and end at the last one, at every size. Of the products of sizes that a
 * stride could be, there is one for which that is so: 8 * N.
 */
export function* stridedReads({ inference, traced, nodes }: Scene): Iterable<Claim> {
  for (const node of nodes) {
    const read = stridedRead(node, inference);
    if (read === undefined) continue;
    const strides = coveringStrides(read, traced) ?? ownStrides(read, traced) ?? [];
    for (const { axis, size } of strides) {
      const { step: left } = read.index.axes[axis] as IndexAxis;
      const what = `stride of axis ${axis} of windows over all of [${read.sizes.join(', ')}]`;
      yield { node, what, left, right: size, needsTraced: false };
    }
  }
}

/** A read of a flattened tensor at an affine index. */
interface StridedRead {
  readonly index: AffineIndex;
  /** The sizes of the tensor before it was flattened. */
  readonly sizes: readonly Dim[];
  readonly total: Dim;
  /** Axes whose stride is a number in the file. */
  readonly open: readonly number[];
}

/** What the stride of an axis stands for. */
interface Stride {
  readonly axis: number;
  readonly size: Dim;
}

/** Axes, and sizes of the tensor, beyond which combinations are too many. */
const MAX_OPEN = 5;
const MAX_FACTORS = 4;

/** Fewer sizes at which anything is read prove nothing. */
const FEWEST_POINTS = 6;

function stridedRead(node: Node, inference: Inference): StridedRead | undefined {
  if (!isOp(node, 'Gather')) return undefined;
  const [data, indices] = node.inputs;
  const flat = shapeOf(inference, data);
  const [total] = flat ?? [];
  if (flat?.length !== 1 || total === undefined || total.isNumber || indices === undefined) return undefined;
  const flattening = data?.producer;
  const before = flattening && isOp(flattening, 'Reshape', 'Flatten') ? flattening.inputs[0] : data;
  const sizes = shapeOf(inference, before);
  if (sizes === undefined || sizes.some((size) => size === undefined)) return undefined;
  if (shapeOf(inference, indices)?.every((size) => size?.isNumber)) return undefined;
  const index = affineIndex(indices, node, inference);
  if (index === undefined) return undefined;
  const open = index.axes.flatMap(({ size, step }, axis) =>
    isWritten(step) && step.value > 0 && size.value !== 1 ? [axis] : [],
  );
  if (open.length === 0 || open.length > MAX_OPEN) return undefined;
  const all = [total, ...(sizes as Dim[]), index.offset, ...index.axes.flatMap(({ size, step }) => [size, step])];
  if (all.some((size) => size.hasFresh)) return undefined;
  return { index, sizes: sizes as Dim[], total, open };
}

/** The strides with which the last element that is read is the tensor's last one, at every size. */
function coveringStrides(read: StridedRead, traced: TracedSizes): Stride[] | undefined {
  const points = samplePoints(read);
  if (points.length < FEWEST_POINTS) return undefined;
  if (reaches(read, [], points, (last, total) => last === total - 1)) return [];
  const factors = productsOf(read.sizes);
  for (let count = 1; count <= read.open.length; count++) {
    const found: Stride[][] = [];
    for (const axes of combinations(read.open, count)) {
      for (const sizes of tuples(factors, count)) {
        const strides = covering(read, axes, sizes, points);
        if (strides !== undefined && agrees(strides, read, traced)) found.push(strides);
      }
    }
    if (found.length > 0) return onlyOne(found) ?? onlyOne(found.filter((strides) => isRowMajor(strides, read)));
  }
  return undefined;
}

/** Two ways to cover the tensor leave open which one it was. */
function onlyOne(found: readonly Stride[][]): Stride[] | undefined {
  return found.length === 1 ? found[0] : undefined;
}

/** Are the strides those of the tensor's own axes, or multiples of them? Most tensors that are read are not transposed. */
function isRowMajor(strides: readonly Stride[], { sizes }: StridedRead): boolean {
  const own = sizes.map((_, axis) => product(sizes.slice(axis + 1))).filter((size) => size && !size.isNumber);
  return strides.every(({ size }) => own.some((stride) => stride && size.exactQuotient(stride)?.isNumber));
}

/**
 * Else, where the first axes of the windows are those of the tensor, they have its strides, if the numbers in the file lead
 * out of the tensor at some sizes.
 */
function ownStrides(read: StridedRead, traced: TracedSizes): Stride[] | undefined {
  const { index, sizes, open } = read;
  const strides: Stride[] = [];
  for (const [axis, size] of sizes.entries()) {
    if (!index.axes[axis]?.size.equals(size)) break;
    const stride = product(sizes.slice(axis + 1));
    if (stride !== undefined && !stride.isNumber && open.includes(axis)) strides.push({ axis, size: stride });
  }
  if (strides.length === 0 || !agrees(strides, read, traced)) return undefined;
  // Of sizes that are too small for a single window, nothing need be right.
  const outside = (own: readonly Stride[]) =>
    samplePoints(read).filter((point) => !reaches(read, own, [point], (last, total) => last < total)).length;
  return outside(strides) < outside([]) ? strides : undefined;
}

/** Does what is compared hold at all points, of the position of the last element that is read and the number of all? */
function reaches(
  { index, total }: StridedRead,
  strides: readonly Stride[],
  points: readonly ReadonlyMap<string, number>[],
  holds: (last: number, total: number) => boolean,
): boolean {
  const last = index.axes.reduce((sum, { size, step }, axis) => {
    const stride = strides.find((each) => each.axis === axis)?.size ?? step;
    return sum.add(size.sub(1).mul(stride).withoutOrigin());
  }, index.offset.withoutOrigin());
  return points.every((point) => {
    const [a, b] = [last.evaluate(point), total.evaluate(point)];
    return a !== undefined && b !== undefined && holds(a, b);
  });
}

/** The multiples of the sizes that the axes' strides have to be for the read to end at the last element. */
function covering(
  read: StridedRead,
  axes: readonly number[],
  sizes: readonly Dim[],
  points: readonly ReadonlyMap<string, number>[],
): Stride[] | undefined {
  const { index, total } = read;
  const rest = index.axes.reduce(
    (left, { size, step }, axis) => (axes.includes(axis) ? left : left.sub(size.sub(1).mul(step).withoutOrigin())),
    total.sub(1).sub(index.offset.withoutOrigin()),
  );
  const terms = axes.map((axis, i) => (index.axes[axis] as IndexAxis).size.sub(1).mul(sizes[i] as Dim));
  const rows = points.map((point) => [...terms, rest].map((term) => term.evaluate(point) ?? Number.NaN));
  const factors = solveLinear(rows.slice(0, axes.length))?.map(Math.round);
  if (factors === undefined || factors.some((factor) => !(factor >= 1))) return undefined;
  const strides = axes.map((axis, i) => ({ axis, size: (sizes[i] as Dim).mul(factors[i] as number) }));
  return reaches(read, strides, points, (last, count) => last === count - 1) ? strides : undefined;
}

/** Do the strides give the numbers that stand in the file, at sizes that agree with each other? */
function agrees(strides: readonly Stride[], { index }: StridedRead, traced: TracedSizes): boolean {
  const known = new Map<string, number>();
  const sizeOf = (factor: Dim) => known.get(factor.key) ?? traced.of(factor);
  let open = strides.map(({ axis, size }) => ({ factors: factorsOf(size), number: index.axes[axis]?.step.value ?? 0 }));
  for (;;) {
    const left: typeof open = [];
    for (const { factors, number } of open) {
      const rest = factors.filter((factor) => sizeOf(factor) === undefined);
      const quotient = factors.reduce((n, factor) => n / (sizeOf(factor) ?? 1), number);
      const [only] = rest;
      if (!Number.isInteger(quotient) || (only === undefined && quotient !== 1)) return false;
      if (only !== undefined && rest.length === 1) known.set(only.key, quotient);
      else if (only !== undefined) left.push({ factors: rest, number: quotient });
    }
    if (left.length === open.length || left.length === 0) return true;
    open = left;
  }
}

/** All products of symbolic sizes, or of what they are multiples of: B of 4 * B. */
function productsOf(sizes: readonly Dim[]): Dim[] {
  const factors = new Map<string, Dim>();
  for (const size of sizes) {
    for (const factor of factorsOf(size)) if (!factor.isNumber) factors.set(factor.key, factor);
  }
  if (factors.size > MAX_FACTORS) return [];
  let products: Dim[] = [Dim.of(1)];
  for (const factor of factors.values()) products = [...products, ...products.map((each) => each.mul(factor))];
  return products.slice(1);
}

/** The size as a product, of a number and of sums without common divisors. */
function factorsOf(size: Dim): Dim[] {
  const plain = size.withoutOrigin();
  const parts = plain.parts();
  if (parts.kind === 'product') return parts.factors.flatMap(factorsOf);
  const content = plain.isNumber ? 1 : plain.commonDivisor(0);
  const primitive = content > 1 ? plain.exactQuotient(content) : undefined;
  return primitive === undefined ? [plain] : [Dim.of(content), primitive];
}

/** Sizes without small common divisors, times whatever the expressions divide by, and other sizes that are small. */
const SIZES = [3, 7, 5, 2, 11, 4, 13, 1, 17, 6, 19, 23, 29, 31];

function samplePoints({ index, total, sizes }: StridedRead): ReadonlyMap<string, number>[] {
  const all = [total, ...sizes, ...index.axes.flatMap(({ size, step }) => [size, step])];
  const symbols = [...new Set(all.flatMap((size) => [...size.symbols()]))];
  const step = all.flatMap(divisorsOf).reduce(leastCommonMultiple, 1);
  const points = SIZES.map(
    (_, k) => new Map(symbols.map((name, i) => [name, step * (SIZES[(k + 3 * i) % SIZES.length] as number)])),
  );
  // Where there is room for no window, nothing is read.
  return points.filter((point) => index.axes.every(({ size }) => (size.evaluate(point) ?? 0) > 0));
}

/** Solves linear equations, each with its right side at the end; undefined when they have no single solution. */
function solveLinear(equations: readonly (readonly number[])[]): number[] | undefined {
  const rows = equations.map((row) => [...row]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && Math.abs(row[column] as number) > 0);
    if (pivot < 0) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const top = rows[column] as number[];
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = (row[column] as number) / (top[column] as number);
      for (let k = column; k <= n; k++) row[k] = (row[k] as number) - factor * (top[k] as number);
    }
  }
  return rows.map((row, i) => (row[n] as number) / (row[i] as number));
}

function* tuples<T>(items: readonly T[], count: number): Iterable<T[]> {
  if (count === 0) yield [];
  else for (const item of items) for (const rest of tuples(items, count - 1)) yield [item, ...rest];
}
