import type { Node } from '../../model/node.js';
import { product } from '../../ops/lib/known.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { type FreeReshape, freeReshape } from './free-reshape.js';
import { isWritten } from './look.js';
import type { TracedSizes } from './traced-sizes.js';
import { wholeRuns } from './whole-axes.js';

type Dims = readonly (Dim | undefined)[];

/**
 * Optimisers write a linear layer as Reshape, Gemm, Reshape: [B, T, 32] to [-1, 32], and what comes out to [-1, 18, 64]. The
 * -1 takes what the number leaves, which is whole rows at multiples of 18 only. If the number is the size that the axis in
 * its place had before it was merged, and all is divided evenly with that size, it is that size.
 */
export function* splitRows({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    const split = splitOf(node, inference);
    const merged = split && mergedPart(split);
    if (split === undefined || merged === undefined) continue;
    const { size, pieces, first } = merged;
    const free = split.free - first;
    for (const { whole, run } of wholeRuns(node, size, inference)) {
      const meant = matchEnds(run, pieces, free, traced);
      if (meant === undefined || !divides([size], meant, free)) continue;
      yield* claimsOf(node, { target: split.target, pieces }, whole, meant);
      break;
    }
  }
}

/**
 * The other way round: [B * 4, 1, 40] of a frozen mask to [B, 4, -1, T]. The -1 is 40 // T, which was 1.
 */
export function* frozenRows({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    const split = splitOf(node, inference);
    if (split === undefined) continue;
    const { shape, target, free } = split;
    for (const [axis, left] of shape.entries()) {
      if (!isWritten(left)) continue;
      const right = target.find((size) => traced.was(size, left.value));
      if (right === undefined || !divides(shape.with(axis, right), target, free)) continue;
      const what = `Reshape of [${shape.join(', ')}] to [${target.join(', ')}]`;
      yield { node, what, left, right, needsTraced: true, isTable: true };
    }
  }
}

function* claimsOf(
  node: Node,
  { target, pieces }: { target: Dims; pieces: Dims },
  whole: Dims,
  meant: Dims,
): Iterable<Claim> {
  for (const [i, right] of meant.entries()) {
    const left = pieces[i];
    if (left === undefined || right === undefined || left === right) continue;
    const what = `Reshape to [${target.join(', ')}] of what was [${whole.join(', ')}]`;
    yield { node, what, left, right, needsTraced: true };
  }
}

/** A Reshape with a -1 for what its numbers do not divide evenly. */
function splitOf(node: Node, inference: Inference): FreeReshape | undefined {
  const found = freeReshape(node, inference);
  return found && !divides(found.shape, found.target, found.free) ? found : undefined;
}

/** What a Reshape divides anew: the size of its axes together, and the pieces with the -1 among them. */
interface MergedPart {
  readonly size: Dim;
  readonly pieces: Dims;
  /** Where the first of the pieces is in the target. */
  readonly first: number;
}

/** The axes and pieces that are left when those that are the same at either end are taken away. */
function mergedPart({ shape, target, free }: FreeReshape): MergedPart | undefined {
  const behind = sameAtEnd([...shape].reverse(), target.slice(free + 1).reverse());
  const [axes, pieces] = [shape.slice(0, shape.length - behind.axes), target.slice(0, target.length - behind.pieces)];
  const before = sameAtEnd(axes, pieces.slice(0, free));
  const size = product(axes.slice(before.axes));
  if (size === undefined || size.isNumber) return undefined;
  return { size, pieces: pieces.slice(before.pieces), first: before.pieces };
}

/** How many axes are so many pieces; one axis that is a number may be several of them, as heads are. */
function sameAtEnd(axes: Dims, pieces: Dims): { axes: number; pieces: number } {
  let taken = 0;
  for (const [i, axis] of axes.entries()) {
    let size = pieces[taken];
    let next = taken + 1;
    while (
      axis?.isNumber &&
      size?.isNumber &&
      next < pieces.length &&
      (size.value as number) < (axis.value as number)
    ) {
      size = product([size, pieces[next++]]);
    }
    if (axis === undefined || size === undefined || !axis.equals(size)) return { axes: i, pieces: taken };
    taken = next;
  }
  return { axes: axes.length, pieces: taken };
}

/** Does what is given leave a whole number for the -1? */
function divides(shape: Dims, target: Dims, free: number): boolean {
  const total = product(shape);
  const rest = product(target.filter((_, i) => i !== free));
  // Nothing can be told of what is not known.
  return total === undefined || rest === undefined || rest.isZero() || total.exactQuotient(rest) !== undefined;
}

/**
 * The pieces with the axes in place of numbers that those were, counted from both ends up to the -1. Undefined where the
 * numbers do not fit.
 */
function matchEnds(axes: Dims, pieces: Dims, free: number, traced: TracedSizes): Dims | undefined {
  const meant = [...pieces];
  const places = [...pieces.keys()];
  const behind = match([...axes].reverse(), places.slice(free + 1).reverse(), meant, traced);
  if (behind === undefined) return undefined;
  const front = axes.slice(0, axes.length - behind);
  return match(front, places.slice(0, free), meant, traced) === undefined ? undefined : meant;
}

/** Covers pieces by axes, from one end; how many axes that takes. */
function match(
  axes: Dims,
  places: readonly number[],
  meant: (Dim | undefined)[],
  traced: TracedSizes,
): number | undefined {
  let next = 0;
  let taken = 0;
  while (next < places.length) {
    if (meant[places[next] as number]?.equals(1)) {
      next++;
      continue;
    }
    const axis = axes[taken++];
    const from = next;
    let size = Dim.of(1);
    const total = axis?.value ?? traced.of(axis);
    while (axis !== undefined && next < places.length && !size.equals(axis) && size.value !== total) {
      size = size.mul(meant[places[next++] as number] ?? Dim.fresh('piece'));
    }
    if (axis === undefined || size.equals(axis)) {
      if (axis === undefined) return undefined;
      continue;
    }
    // Of several pieces, the outermost counts the windows.
    if (size.value === undefined || size.value !== total) return undefined;
    const outer = Math.min(...places.slice(from, next));
    const count = axis.exactQuotient(size.value / (meant[outer]?.value ?? Number.NaN));
    if (count === undefined || !isWritten(meant[outer])) return undefined;
    meant[outer] = count;
  }
  return taken;
}
