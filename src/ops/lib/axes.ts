import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { EvalContext, InferContext, Shape } from '../types.js';
import { integers } from './alloc.js';
import { normalizeAxis } from './shapes.js';

/** The axes that a node names: attribute or input, as its version has it; undefined when it names none. */
export function evaluatedAxes({ attributes, inputs }: EvalContext, input: number): readonly number[] | undefined {
  const tensor: DenseTensor | undefined = inputs[input];
  return tensor === undefined ? attributes.ints('axes') : integers(tensor);
}

/** As {@link evaluatedAxes}; `'unknown'` when an axes input is given whose values are not known. */
export function inferredAxes(ctx: InferContext, input: number): readonly number[] | undefined | 'unknown' {
  if (!ctx.hasInput(input)) return ctx.attributes.ints('axes');
  const content = ctx.content(input);
  if (content === undefined) return 'unknown';
  const axes: number[] = [];
  for (const element of content) {
    const axis = element instanceof Dim ? element.value : undefined;
    if (axis === undefined) return 'unknown';
    axes.push(axis);
  }
  return axes;
}

/** Axes counted from the front, ascending, without repetition. */
export function normalizeAxes(axes: readonly number[], rank: number): number[] {
  return [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
}

/** A shape whose given axes became 1, or went away. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((dim, axis) => (axes.includes(axis) ? Dim.of(1) : dim));
  return shape.filter((_, axis) => !axes.includes(axis));
}
