import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';

/** The number that a constant of one element holds. */
export function integerOf(value: Value, inference: Inference): number | undefined {
  const dense = inference.constants.dense(value);
  if (dense?.data.length !== 1) return undefined;
  const number = Number(dense.data[0]);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The whole numbers that a constant vector (or scalar) holds. */
export function integersOf(value: Value | undefined, inference: Inference): number[] | undefined {
  const dense = value && inference.constants.dense(value);
  return dense && dense.shape.length < 2 ? Array.from(dense.data as ArrayLike<bigint>, Number) : undefined;
}
