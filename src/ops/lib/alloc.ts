import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import { DataType, dataTypeName, isFloat } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';

/** Storage whose elements are numbers. */
export type NumberData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Storage whose elements are bigint: int64 and uint64. */
export type BigData = BigInt64Array | BigUint64Array;

/** Any storage but strings. */
export type NumericData = NumberData | BigData;

/** Are the elements bigint? */
export function isBig(data: DenseData): data is BigData {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** Is this a complex type, stored as interleaved real and imaginary parts? */
export function isComplex(dtype: number): boolean {
  return dtype === DataType.COMPLEX64 || dtype === DataType.COMPLEX128;
}

/**
 * Zeroed storage for `count` elements (pairs for complex types).
 *
 * @throws EvaluationError for strings and unknown types.
 */
export function allocate(dtype: number, count: number): NumericData {
  switch (dtype) {
    case DataType.DOUBLE:
      return new Float64Array(count);
    case DataType.COMPLEX64:
      return new Float32Array(2 * count);
    case DataType.COMPLEX128:
      return new Float64Array(2 * count);
    case DataType.INT8:
    case DataType.INT4:
    case DataType.INT2:
      return new Int8Array(count);
    case DataType.UINT8:
    case DataType.BOOL:
    case DataType.UINT4:
    case DataType.UINT2:
      return new Uint8Array(count);
    case DataType.INT16:
      return new Int16Array(count);
    case DataType.UINT16:
      return new Uint16Array(count);
    case DataType.INT32:
      return new Int32Array(count);
    case DataType.UINT32:
      return new Uint32Array(count);
    case DataType.INT64:
      return new BigInt64Array(count);
    case DataType.UINT64:
      return new BigUint64Array(count);
    default:
      if (isFloat(dtype)) return new Float32Array(count);
      throw new EvaluationError(`${dataTypeName(dtype)} elements cannot be computed with`);
  }
}

/** Storage for elements that are numbers; refuses int64, strings and complex types. */
export function allocateNumbers(dtype: number, count: number): NumberData {
  const data = isComplex(dtype) ? undefined : allocate(dtype, count);
  if (data === undefined || isBig(data)) throw new EvaluationError(`${dataTypeName(dtype)} is not supported here`);
  return data;
}

/** The elements, which must be numbers. */
export function numbers(tensor: DenseTensor): NumberData {
  const { data } = tensor;
  if (Array.isArray(data) || isBig(data) || isComplex(tensor.dtype)) {
    throw new EvaluationError(`${dataTypeName(tensor.dtype)} is not supported here`);
  }
  return data;
}

/** The elements as numbers; int64 beyond 2^53 loses precision. */
export function asNumbers(tensor: DenseTensor): ArrayLike<number> {
  return isBig(tensor.data) ? Float64Array.from(tensor.data as BigInt64Array, Number) : numbers(tensor);
}

/** The elements, which must not be strings or complex. */
export function numeric(tensor: DenseTensor): NumericData {
  if (Array.isArray(tensor.data) || isComplex(tensor.dtype)) {
    throw new EvaluationError(`${dataTypeName(tensor.dtype)} is not supported here`);
  }
  return tensor.data;
}

/** Input i, which must be given. */
export function required(inputs: readonly (DenseTensor | undefined)[], i: number): DenseTensor {
  const tensor = inputs[i];
  if (tensor === undefined) throw new EvaluationError(`input ${i} is missing`);
  return tensor;
}

/** A small integer tensor (axes, sizes) as numbers. */
export function integers(tensor: DenseTensor): number[] {
  if (Array.isArray(tensor.data)) throw new EvaluationError('strings given where integers are expected');
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
