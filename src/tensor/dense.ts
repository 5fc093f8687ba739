/**
 * A dense tensor in memory: what evaluation computes with. Contiguous, row-major ("C" order).
 *
 * Storage by element type:
 * - float: Float32Array; double: Float64Array; float16, bfloat16, float8*, float4: Float32Array holding values that are
 *   exactly representable in the type (rounding happens when a value is produced, encoding when it is written);
 * - int8..int32, uint8..uint32: the typed array of that width; int4, int2: Int8Array; uint4, uint2: Uint8Array;
 * - int64: BigInt64Array; uint64: BigUint64Array; bool: Uint8Array of 0 and 1;
 * - complex64: Float32Array, complex128: Float64Array, interleaved re, im (twice the element count);
 * - string: string[].
 */
export type DenseData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor's element type, shape and values. */
export interface DenseTensor {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly data: DenseData;
}

/** Number of elements of a shape (1 for a scalar). */
export function elementCount(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}
