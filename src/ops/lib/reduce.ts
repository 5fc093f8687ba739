import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { dataTypeName, isFloat } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, type BigData, isBig, type NumberData, numeric } from './alloc.js';
import { roundInPlace } from './elementwise.js';
import { stridesOf } from './shapes.js';

/** Reduces the elements at `base + offsets[k]`; there may be none. */
export type Reduction<N, D> = (data: D, base: number, offsets: Float64Array) => N;

/** A reduction by kind of element type; results are rounded and wrapped by storing them. */
export interface ReductionKernel {
  readonly float?: Reduction<number, NumberData>;
  readonly int?: Reduction<number, NumberData>;
  readonly big?: Reduction<bigint, BigData>;
  /** What no integers at all give, where that is not what the reduction computes. */
  readonly none?: (dtype: number) => bigint;
}

/** Where the elements along some axes of a tensor are. */
export interface Groups {
  /** First element of each group, in row-major order of the other axes. */
  readonly bases: Float64Array;
  /** The elements of a group, relative to its first. */
  readonly offsets: Float64Array;
}

/** Splits a tensor into groups of the elements that differ only along `axes`. */
export function groupsAlong(shape: readonly number[], axes: readonly number[]): Groups {
  const strides = stridesOf(shape);
  const inside = shape.map((_, axis) => axis).filter((axis) => axes.includes(axis));
  const outside = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const positions = (chosen: readonly number[]) => {
    let result = new Float64Array(1);
    for (const axis of chosen) {
      const size = shape[axis] as number;
      const stride = strides[axis] as number;
      const next = new Float64Array(result.length * size);
      for (let i = 0; i < result.length; i++) {
        for (let k = 0; k < size; k++) next[i * size + k] = (result[i] as number) + k * stride;
      }
      result = next;
    }
    return result;
  };
  return { bases: positions(outside), offsets: positions(inside) };
}

/** The shape that is left after reducing `axes`. */
export function shapeWithout(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Reduces a tensor along axes (counted from the front). */
export function reduceTensor(
  opType: string,
  x: DenseTensor,
  axes: readonly number[],
  keepDims: boolean,
  kernel: ReductionKernel,
): DenseTensor {
  const source = numeric(x);
  const shape = shapeWithout(x.shape, axes, keepDims);
  const { bases, offsets } = groupsAlong(x.shape, axes);
  const data = allocate(x.dtype, elementCount(shape));
  if (offsets.length === 0 && kernel.none !== undefined && !isFloat(x.dtype)) {
    const none = kernel.none(x.dtype);
    if (isBig(data)) data.fill(none);
    else data.fill(Number(none));
  } else if (isBig(source)) {
    const { big } = kernel;
    if (big === undefined) throw new EvaluationError(`${opType} is not defined for ${dataTypeName(x.dtype)}`);
    for (let i = 0; i < bases.length; i++) data[i] = big(source, bases[i] as number, offsets);
  } else {
    const fn = isFloat(x.dtype) ? kernel.float : kernel.int;
    if (fn === undefined) throw new EvaluationError(`${opType} is not defined for ${dataTypeName(x.dtype)}`);
    for (let i = 0; i < bases.length; i++) data[i] = fn(source, bases[i] as number, offsets);
    roundInPlace(data as NumberData, x.dtype);
  }
  return { dtype: x.dtype, shape, data };
}
