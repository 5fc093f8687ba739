/** Windows: an axis of T positions that a Reshape cuts into T / k pieces of k. */
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { product } from '../../ops/lib/known.js';
import { settledValue } from '../../ops/lib/settled-value.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { leastCommonMultiple } from '../least-common-multiple.js';
import { readersAlong } from './along-axis.js';
import { integersOf, isOp, shapeOf } from './look.js';

/** How a Reshape cuts an axis. */
export interface Windows {
  readonly node: Node;
  /** How many there are, as the Reshape is told; undefined when it works that out (-1). */
  readonly count: Dim | undefined;
  /** Of how many positions each is; undefined when the Reshape works that out. */
  readonly length: number | undefined;
  /** Does the -1 stand for the items in front of the axis, whose size was a number: [B, 24, D] to [-1, 12, 2, D]? */
  readonly isBehindItems?: boolean;
}

/** The windows of more than one position that an axis is cut into further on. */
export function windowsOf(value: Value | undefined, axis: number, inference: Inference): Windows[] {
  const found: Windows[] = [];
  for (const { node, axis: at } of readersAlong(value, axis, inference)) {
    const windows = isOp(node, 'Reshape') ? windowsAt(node, at, inference) : undefined;
    if (windows !== undefined) found.push(windows);
  }
  // What leaves the items to the -1 does so everywhere: the whole axis is no window.
  const total = shapeOf(inference, value)?.[axis]?.value;
  return found.some(({ isBehindItems }) => isBehindItems) ? found.filter(({ length }) => length !== total) : found;
}

/** The smallest number of positions that every one of the windows divides; undefined where none is known to be longer than 1. */
export function commonLength(lengths: readonly (number | undefined)[]): number | undefined {
  const total = lengths.reduce<number>((all, length) => leastCommonMultiple(all, length ?? 1), 1);
  return total > 1 ? total : undefined;
}

function windowsAt(node: Node, axis: number, inference: Inference): Windows | undefined {
  const shape = shapeOf(inference, node.inputs[0])?.map(settled);
  const keepsZeros = Boolean(node.attributes.get('allowzero')?.asInt());
  const target = integersOf(inference, node.inputs[1])?.map((dim, i) =>
    dim?.isZero() && !keepsZeros ? shape?.[i] : dim,
  );
  if (shape === undefined || target === undefined) return undefined;
  const whole = wholeSizes(shape, target);
  const cut = cutOf(shape, target, axis) ?? cutOf(replaced(shape, whole), replaced(target, whole), axis);
  if (cut === undefined) return undefined;
  const count = target[cut.place];
  const { length, isBehindItems = false } = cut;
  return { node, count: count?.value === -1 ? undefined : count, length, isBehindItems };
}

type Dims = readonly (Dim | undefined)[];

interface Cut extends Pick<Windows, 'length' | 'isBehindItems'> {
  /** Which element of the target counts the windows. */
  readonly place: number;
}

/** How an axis is cut; undefined where it is not. */
function cutOf(shape: Dims, target: Dims, axis: number): Cut | undefined {
  const place = countPlace(shape, target, axis);
  if (place === undefined) return undefined;
  const inner = target.slice(place + 1);
  // What is worked out inside a window is as much as fills it.
  if (inner.some((dim) => dim?.value === -1)) return { place, length: undefined };
  const others = product(shape.slice(axis + 1));
  const length = others && product(inner)?.exactQuotient(others)?.value;
  if (length === undefined || length < 2) return undefined;
  if (target[place]?.value === -1 && axis > 0 && shape[axis]?.value === length) {
    const inside = others && product(target.slice(place + 2))?.exactQuotient(others)?.value;
    if (inside !== undefined && inside > 1) return { place: place + 1, length: inside, isBehindItems: true };
  }
  return { place, length };
}

/** Sizes at which every window is whole, so that (T + 2) // 6 * 6 is T + 2. */
function wholeSizes(shape: Dims, target: Dims): Map<string, Dim> {
  const numbers = target.map((dim) => dim?.value ?? 1).filter((number) => number > 1);
  const multiple = numbers.reduce((all, number) => all * number, 1);
  const sizes = new Map<string, Dim>();
  for (const dim of shape) {
    const [name, ...more] = dim?.symbols() ?? [];
    if (name === undefined || more.length > 0 || sizes.has(name)) continue;
    const size = dim?.solveFor(name, Dim.symbol(`${name} windows`).mul(multiple));
    if (size !== undefined) sizes.set(name, size);
  }
  return sizes;
}

function replaced(dims: Dims, sizes: ReadonlyMap<string, Dim>): Dims {
  return dims.map((dim) => (dim?.isNumber ? dim : dim?.substitute(sizes)));
}

/** An axis that was cut to so many positions has as many. */
function settled(size: Dim | undefined): Dim | undefined {
  const value = size === undefined || size.isNumber ? undefined : settledValue(size);
  return value === undefined ? size : Dim.of(value);
}

/** Which element of the target counts the windows of an axis: the one behind all that stands in front of the axis. */
function countPlace(shape: Dims, target: Dims, axis: number): number | undefined {
  const before = product(shape.slice(0, axis));
  for (let place = 0; place < target.length; place++) {
    const ahead = target.slice(0, place);
    if (ahead.some((dim) => dim?.value === -1)) break;
    const total = product(ahead);
    // Axes of one element may stand on either side.
    if (before !== undefined && total?.equals(before) && !target[place]?.equals(1)) return place;
  }
  // Windows of all items in a row: [B, T, D] to [-1, k * D].
  const [first] = target;
  return first?.value === -1 ? 0 : undefined;
}
