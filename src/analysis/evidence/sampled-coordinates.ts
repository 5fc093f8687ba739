/** Following the elements of a constant to the coordinates at which images are sampled. */
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { product } from '../../ops/lib/known.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { placeAfter } from './along-axis.js';
import { frontAxis, integersOf, isOp, shapeOf } from './look.js';

/** A GridSample that an element of a constant has an influence on, and the size of the image along that coordinate. */
export interface Sampled {
  readonly node: Node;
  /** Element of the constant, in row-major order. */
  readonly element: number;
  readonly size: Dim | undefined;
}

/** A value, and what of the constant is where in it. */
interface Track {
  readonly value: Value;
  /** For each axis of the constant that is not followed to its end yet: the axis of the value that it runs along. */
  readonly axes: ReadonlyMap<number, number>;
  /** Which index of an axis of the constant the value has to do with, where that is one. */
  readonly fixed: ReadonlyMap<number, number>;
  /** The value takes one place of this axis, as Concat put it there. */
  readonly placed?: { readonly axis: number; readonly at: number } | undefined;
}

/** Operators that keep coordinates what they are, up to a factor and an offset. */
const LINEAR = ['Add', 'Cast', 'Clip', 'Div', 'Identity', 'Mul', 'Neg', 'Sub', 'Transpose', 'Unsqueeze', 'Squeeze'];

/** Values that are looked at, at most. */
const MAX_TRACKS = 400;

/** Where the elements of a constant of this shape end up that a node multiplies or divides by. */
export function* sampledBy(node: Node, shape: readonly number[], inference: Inference): Iterable<Sampled> {
  const [value] = node.outputs;
  const rank = shapeOf(inference, value)?.length;
  if (value === undefined || rank === undefined) return;
  const axes = new Map(
    shape.flatMap((size, k): [number, number][] => (size > 1 ? [[k, rank - shape.length + k]] : [])),
  );
  const queue: Track[] = [{ value, axes, fixed: new Map() }];
  for (let i = 0; i < queue.length && i < MAX_TRACKS; i++) {
    const track = queue[i] as Track;
    for (const { node: reader, index } of track.value.uses) {
      if (reader.graph !== track.value.graph) continue;
      if (isOp(reader, 'GridSample') && index === 1) yield* sampledAt(reader, track, shape, inference);
      else queue.push(...after(reader, index, track, inference));
    }
  }
}

/** The last axis of a grid has the coordinates, the last axis of the image first. */
function* sampledAt(node: Node, track: Track, shape: readonly number[], inference: Inference): Iterable<Sampled> {
  const image = shapeOf(inference, node.inputs[0]);
  const grid = shapeOf(inference, track.value);
  if (image === undefined || grid === undefined) return;
  const last = grid.length - 1;
  const along = [...track.axes].find(([, axis]) => axis === last)?.[0];
  if (along === undefined && track.placed?.axis !== last) return;
  const count = shape.reduce((a, b) => a * b, 1);
  for (let element = 0; element < count; element++) {
    const place = placeOf(element, shape);
    if (![...track.fixed].every(([axis, index]) => place[axis] === index)) continue;
    const coordinate = along === undefined ? (track.placed?.at as number) : (place[along] as number);
    yield { node, element, size: coordinate < image.length - 2 ? image[image.length - 1 - coordinate] : undefined };
  }
}

function placeOf(element: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = element;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

function after(node: Node, input: number, track: Track, inference: Inference): Track[] {
  const shape = shapeOf(inference, track.value);
  const [output] = node.outputs;
  const result = shapeOf(inference, output);
  if (shape === undefined || output === undefined || result === undefined) return [];
  if (isOp(node, ...LINEAR)) {
    return moved(track, output, (axis) => placeAfter(node, input, axis, shape.length, result.length, inference));
  }
  if (input !== 0 && !isOp(node, 'Concat')) return [];
  const axis = frontAxis(Number(node.attributes.get('axis')?.asInt() ?? 0), shape.length);
  if (isOp(node, 'Reshape')) return moved(track, output, (each) => keptAxis(shape, result, each));
  if (isOp(node, 'Concat')) return joined(node, input, axis, track, output, inference);
  if (isOp(node, 'Split')) return split(node, axis, track, inference);
  if (isOp(node, 'Gather')) {
    const [index, ...more] = integersOf(inference, node.inputs[1]) ?? [];
    const isScalar = shapeOf(inference, node.inputs[1])?.length === 0;
    if (index?.value === undefined || more.length > 0) return [];
    const from = index.value < 0 ? (shape[axis]?.value ?? 0) : 0;
    const cut = fixedAt(track, axis, index.value + from);
    if (!isScalar) return [{ ...cut, value: output }];
    return moved(cut, output, (each) => (each === axis ? undefined : each > axis ? each - 1 : each));
  }
  return [];
}

/** The track further on, if all its axes are still there. */
function moved(track: Track, value: Value, place: (axis: number) => number | undefined): Track[] {
  const axes = new Map<number, number>();
  for (const [k, axis] of track.axes) {
    const to = place(axis);
    if (to === undefined || to < 0) return [];
    axes.set(k, to);
  }
  const { placed, fixed } = track;
  if (placed === undefined) return [{ value, axes, fixed }];
  const axis = place(placed.axis);
  return axis === undefined || axis < 0 ? [] : [{ value, axes, fixed, placed: { ...placed, axis } }];
}

/** One position of an axis. */
function fixedAt(track: Track, axis: number, index: number): Track {
  const along = [...track.axes].find(([, at]) => at === axis)?.[0];
  if (along === undefined) return track;
  const axes = new Map(track.axes);
  axes.delete(along);
  return { ...track, axes, fixed: new Map(track.fixed).set(along, index) };
}

function split(node: Node, axis: number, track: Track, inference: Inference): Track[] {
  const isAlong = [...track.axes.values()].includes(axis);
  return node.outputs.flatMap((value, i): Track[] => {
    if (value === undefined) return [];
    const isOne = shapeOf(inference, value)?.[axis]?.equals(1) ?? false;
    if (isAlong && !(isOne && i < node.outputs.length)) return [];
    return [{ ...fixedAt(track, axis, i), value }];
  });
}

function joined(node: Node, input: number, axis: number, track: Track, value: Value, inference: Inference): Track[] {
  if ([...track.axes.values()].includes(axis) || track.placed?.axis === axis) return [];
  if (track.placed !== undefined) return [{ ...track, value }];
  const sizes = node.inputs.map((each) => shapeOf(inference, each)?.[axis]?.value);
  if (sizes[input] !== 1 || sizes.slice(0, input).includes(undefined)) return [];
  const at = sizes.slice(0, input).reduce<number>((sum, size) => sum + (size ?? 0), 0);
  return [{ ...track, value, placed: { axis, at } }];
}

type Dims = readonly (Dim | undefined)[];

/** Where an axis is after a Reshape that neither divides nor joins it. */
function keptAxis(shape: Dims, result: Dims, axis: number): number | undefined {
  const size = shape[axis];
  const behind = product(shape.slice(axis + 1));
  const found = result.findIndex(
    (dim, i) => size !== undefined && dim?.equals(size) && behind && product(result.slice(i + 1))?.equals(behind),
  );
  return found < 0 ? undefined : found;
}
