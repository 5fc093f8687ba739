import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { dataTypeName, isFloat, isInt64 } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, type BigData, isBig, type NumberData, numeric, required } from './alloc.js';
import { storageRounder } from './rounding.js';
import { broadcastShapes, broadcastStrides, forEachRun } from './shapes.js';

/**
 * An operator on single elements, by kind of element type. Results are stored as the output's type, which rounds floats
 * and wraps integers: a kernel need not. An absent kernel means that the operator is not defined for that kind.
 */
export interface UnaryKernel {
  readonly float?: (x: number) => number;
  /** Integers of up to 32 bits, and bools. */
  readonly int?: (x: number) => number;
  readonly big?: (x: bigint) => bigint;
}

/** As {@link UnaryKernel}, for two operands. */
export interface BinaryKernel {
  readonly float?: (a: number, b: number) => number;
  readonly int?: (a: number, b: number) => number;
  readonly big?: (a: bigint, b: bigint) => bigint;
}

/** A comparison or logical operator: numbers in, bool out. */
export interface PredicateKernel {
  readonly number?: (a: number, b: number) => boolean;
  readonly big?: (a: bigint, b: bigint) => boolean;
  readonly string?: (a: string, b: string) => boolean;
}

function unsupported(opType: string, dtype: number): EvaluationError {
  return new EvaluationError(`${opType} is not defined for ${dataTypeName(dtype)}`);
}

/** The kernel's function for numbers of this type. */
function numberKernel<F>(opType: string, dtype: number, kernel: { readonly float?: F; readonly int?: F }): F {
  const fn = isFloat(dtype) ? kernel.float : isInt64(dtype) ? undefined : kernel.int;
  if (fn === undefined) throw unsupported(opType, dtype);
  return fn;
}

/** Rounds results that were computed in float32 (or wider) to 16-bit and smaller floats. */
export function roundInPlace(data: NumberData, dtype: number): void {
  const round = storageRounder(dtype);
  if (round === undefined) return;
  for (let i = 0; i < data.length; i++) data[i] = round(data[i] as number);
}

/** Applies a kernel to each element of one tensor. */
export function mapUnary(opType: string, x: DenseTensor, kernel: UnaryKernel): DenseTensor {
  const source = numeric(x);
  const data = allocate(x.dtype, source.length);
  if (isBig(source)) {
    const { big } = kernel;
    if (big === undefined) throw unsupported(opType, x.dtype);
    const target = data as BigData;
    for (let i = 0; i < source.length; i++) target[i] = big(source[i] as bigint);
  } else {
    const fn = numberKernel(opType, x.dtype, kernel);
    const target = data as NumberData;
    for (let i = 0; i < source.length; i++) target[i] = fn(source[i] as number);
    roundInPlace(target, x.dtype);
  }
  return { dtype: x.dtype, shape: x.shape, data };
}

/** Applies a kernel to two tensors of one type, broadcast against each other. */
export function mapBinary(opType: string, a: DenseTensor, b: DenseTensor, kernel: BinaryKernel): DenseTensor {
  const { dtype } = a;
  if (b.dtype !== dtype) throw new EvaluationError(`${opType} of ${dataTypeName(dtype)} and ${dataTypeName(b.dtype)}`);
  const left = numeric(a);
  const right = numeric(b);
  const shape = broadcastShapes([a.shape, b.shape]);
  const data = allocate(dtype, elementCount(shape));
  if (isBig(left)) {
    const { big } = kernel;
    if (big === undefined) throw unsupported(opType, dtype);
    zip(shape, a, left, b, right as BigData, data as BigData, big);
  } else {
    const fn = numberKernel(opType, dtype, kernel);
    zip(shape, a, left, b, right as NumberData, data as NumberData, fn);
    roundInPlace(data as NumberData, dtype);
  }
  return { dtype, shape, data };
}

/** Applies a predicate to two tensors of one type, broadcast against each other. */
export function mapPredicate(
  opType: string,
  a: DenseTensor,
  b: DenseTensor,
  kernel: PredicateKernel,
): { shape: number[]; data: Uint8Array } {
  if (a.dtype !== b.dtype)
    throw new EvaluationError(`${opType} of ${dataTypeName(a.dtype)} and ${dataTypeName(b.dtype)}`);
  const shape = broadcastShapes([a.shape, b.shape]);
  const data = new Uint8Array(elementCount(shape));
  const run = <T>(fn: ((x: T, y: T) => boolean) | undefined) => {
    if (fn === undefined) throw unsupported(opType, a.dtype);
    const test = (x: T, y: T) => (fn(x, y) ? 1 : 0);
    zip(shape, a, a.data as unknown as T[], b, b.data as unknown as T[], data as unknown as number[], test);
  };
  if (Array.isArray(a.data)) run<string>(kernel.string);
  else if (isBig(numeric(a))) run<bigint>(kernel.big);
  else run<number>(kernel.number);
  return { shape, data };
}

/** The loop below all binary operators. */
export function zip<A, B, R>(
  shape: readonly number[],
  a: { readonly shape: readonly number[] },
  left: { readonly [i: number]: A },
  b: { readonly shape: readonly number[] },
  right: { readonly [i: number]: B },
  target: { [i: number]: R },
  fn: (x: A, y: B) => R,
): void {
  const strides = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  forEachRun(shape, strides, (start, length, starts, steps) => {
    const stepA = steps[0] as number;
    const stepB = steps[1] as number;
    let i = starts[0] as number;
    let j = starts[1] as number;
    for (let k = start; k < start + length; k++) {
      target[k] = fn(left[i] as A, right[j] as B);
      i += stepA;
      j += stepB;
    }
  });
}

/** Folds a kernel over all inputs, from the left. */
export function foldBinary(
  opType: string,
  inputs: readonly (DenseTensor | undefined)[],
  kernel: BinaryKernel,
): DenseTensor {
  let result = required(inputs, 0);
  for (let i = 1; i < inputs.length; i++) result = mapBinary(opType, result, required(inputs, i), kernel);
  return result;
}
