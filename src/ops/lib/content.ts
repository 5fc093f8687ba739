import { Dim } from '../../symbolic/dim.js';
import type { Scalar } from '../../symbolic/scalar.js';
import { Rational, scalarOfFloat, scalarValue } from '../../symbolic/scalar.js';
import { elementCount } from '../../tensor/dense.js';
import { bitsPerElement, DataType, isFloat, isInt64, isInteger } from '../../tensor/dtype.js';
import type { InferContext, Shape } from '../types.js';
import { CONTENT_LIMIT, EvaluationError } from '../types.js';
import { allocate, isBig } from './alloc.js';
import { isSigned } from './convert.js';
import { roundToFloat } from './rounding.js';
import { broadcastShapes, broadcastStrides, forEachRun } from './shapes.js';

/** One element that may not be known. */
export type Known = Scalar | undefined;

/** The sizes when all of them are numbers. */
export function concreteShape(shape: Shape | undefined): number[] | undefined {
  if (shape === undefined) return undefined;
  const sizes: number[] = [];
  for (const dim of shape) {
    const size = dim?.value;
    if (size === undefined) return undefined;
    sizes.push(size);
  }
  return sizes;
}

/** The sizes when contents of this shape are tracked: all numbers, and not too many elements. */
export function trackedShape(shape: Shape | undefined): number[] | undefined {
  const sizes = concreteShape(shape);
  return sizes !== undefined && elementCount(sizes) <= CONTENT_LIMIT ? sizes : undefined;
}

/**
 * Contents of a broadcasting operator's output, element by element; undefined when nothing is known of any input. Inputs
 * whose elements are unknown contribute `undefined`: a rule may not need them (Where).
 */
export function broadcastContent(
  ctx: InferContext,
  inputs: readonly number[],
  shape: Shape | undefined,
  fn: (elements: readonly Known[]) => Known,
): Known[] | undefined {
  const sizes = trackedShape(shape);
  if (sizes === undefined) return undefined;
  const contents = inputs.map((i) => ctx.content(i));
  if (contents.every((content) => content === undefined)) return undefined;
  const shapes = inputs.map((i) => concreteShape(ctx.shape(i)));
  // Sizes that conflict were reported; there are no elements to speak of.
  if (shapes.some((own) => own === undefined) || !fits(shapes as number[][], sizes)) return undefined;
  const result: Known[] = new Array(elementCount(sizes));
  const strides = shapes.map((own) => broadcastStrides(own as number[], sizes));
  forEachRun(sizes, strides, (start, length, starts, steps) => {
    for (let k = 0; k < length; k++) {
      result[start + k] = fn(contents.map((content, i) => content?.[(starts[i] as number) + k * (steps[i] as number)]));
    }
  });
  return result.some((element) => element !== undefined) ? result : undefined;
}

function fits(shapes: readonly number[][], to: readonly number[]): boolean {
  try {
    const shape = broadcastShapes([...shapes, to]);
    return shape.length === to.length && shape.every((size, axis) => size === to[axis]);
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

/**
 * A computed element as a tensor of this type would hold it: numbers are rounded to the float type or wrapped to the
 * integer type; expressions stay exact.
 */
export function storedScalar(dtype: number | undefined, element: Known): Known {
  if (element === undefined || dtype === undefined) return element;
  const value = scalarValue(element);
  if (value === undefined) return element;
  if (isFloat(dtype)) {
    const rounded = roundToFloat(dtype, value);
    if (element instanceof Rational) return element.num.cells.size > 0 ? element : scalarOfFloat(rounded);
    return element instanceof Dim && rounded === value ? element : scalarOfFloat(rounded);
  }
  if (!(element instanceof Dim)) return undefined;
  if (dtype === DataType.BOOL || !isInteger(dtype)) return element;
  return wrap(dtype, element);
}

function wrap(dtype: number, element: Dim): Dim {
  const bits = bitsPerElement(dtype) as number;
  const exact = BigInt(element.exactValue as number | bigint);
  const wrapped = isSigned(dtype) ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
  return wrapped === exact ? element : Dim.of(wrapped);
}

/** An element of storage as a scalar. */
export function scalarOf(dtype: number, element: number | bigint): Scalar {
  return isFloat(dtype) ? scalarOfFloat(Number(element)) : Dim.of(element);
}

/** The number that an element of this type certainly is; undefined for types that cannot be computed with. */
export function numberOf(dtype: number, element: Known): number | bigint | undefined {
  if (isFloat(dtype)) return scalarValue(element);
  if (!(element instanceof Dim) || !(isInteger(dtype) || dtype === DataType.BOOL)) return undefined;
  const exact = element.exactValue;
  return exact === undefined || !isInt64(dtype) ? element.value : BigInt(exact);
}

/** A content whose elements are all numbers as storage of the type, undefined otherwise. */
export function contentData(dtype: number, content: readonly Known[]): ReturnType<typeof allocate> | undefined {
  if (!isFloat(dtype) && !isInteger(dtype) && dtype !== DataType.BOOL) return undefined;
  const data = allocate(dtype, content.length);
  for (let i = 0; i < content.length; i++) {
    const value = numberOf(dtype, content[i]);
    if (value === undefined) return undefined;
    if (isBig(data)) data[i] = value as bigint;
    else data[i] = value as number;
  }
  return data;
}
