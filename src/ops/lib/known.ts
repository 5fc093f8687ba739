import { Dim } from '../../symbolic/dim.js';
import type { Scalar } from '../../symbolic/scalar.js';
import type { EvalContext, InferContext, Shape } from '../types.js';
import { EvaluationError } from '../types.js';
import { integers } from './alloc.js';
import { concreteShape } from './content.js';

const ONE = Dim.of(1);
/** No tensor has as many axes as this. */
const MAX_UNKNOWN = 64;

/** A shape of numbers as a shape. */
export function shapeOfNumbers(sizes: readonly number[]): Shape {
  return sizes.map((size) => Dim.of(size));
}

/** The product of sizes; undefined when one is unknown (and none is 0). */
export function product(dims: Shape): Dim | undefined {
  let result: Dim | undefined = ONE;
  for (const dim of dims) {
    if (dim?.isZero()) return dim;
    result = dim && result?.mul(dim);
  }
  return result;
}

/** The axis counted from the start; undefined when there is no such axis. */
export function axisOf(axis: number, rank: number): number | undefined {
  const result = axis < 0 ? axis + rank : axis;
  return result >= 0 && result < rank ? result : undefined;
}

/** Axes counted from the start; undefined when one does not exist. */
export function axesOf(axes: readonly number[], rank: number): number[] | undefined {
  const result: number[] = [];
  for (const axis of axes) {
    const normal = axisOf(axis, rank);
    if (normal === undefined) return undefined;
    result.push(normal);
  }
  return result;
}

/** A scalar when it is an integer expression. */
export function dimOf(scalar: Scalar | undefined): Dim | undefined {
  return scalar instanceof Dim ? scalar : undefined;
}

/**
 * Integers that an operator takes as an attribute in old versions and as an input in new ones, element by element:
 * 'absent' when neither is given, undefined when nothing is known, not even how many there are.
 */
export function integerParameter(
  ctx: InferContext,
  attribute: string | undefined,
  input: number | undefined,
): Shape | 'absent' | undefined {
  const ints = attribute === undefined ? undefined : ctx.attributes.ints(attribute);
  if (ints !== undefined) return shapeOfNumbers(ints);
  if (input === undefined || !ctx.hasInput(input)) return 'absent';
  const content = ctx.content(input);
  if (content !== undefined) return content.map(dimOf);
  // The elements may be unknown where their number is not.
  const count = lengthOf(ctx.shape(input));
  return count === undefined || count > MAX_UNKNOWN ? undefined : new Array<undefined>(count).fill(undefined);
}

function lengthOf(shape: Shape | undefined): number | undefined {
  if (shape?.length === 0) return 1;
  return shape?.length === 1 ? shape[0]?.value : undefined;
}

/** As {@link integerParameter}, when every element must be a number (axes). */
export function numberParameter(
  ctx: InferContext,
  attribute: string | undefined,
  input: number | undefined,
): number[] | 'absent' | undefined {
  const dims = integerParameter(ctx, attribute, input);
  return dims === 'absent' ? dims : concreteShape(dims);
}

/** The concrete counterpart of {@link integerParameter}. */
export function integersGiven(
  ctx: EvalContext,
  attribute: string | undefined,
  input: number | undefined,
): readonly number[] | undefined {
  const ints = attribute === undefined ? undefined : ctx.attributes.ints(attribute);
  const tensor = ints === undefined && input !== undefined ? ctx.inputs[input] : undefined;
  return ints ?? (tensor && integers(tensor));
}

/** The value, or an `EvaluationError` that says what is wrong. */
export function valid<T>(value: T | undefined, complaint: string): T {
  if (value === undefined) throw new EvaluationError(complaint);
  return value;
}
