import { bitsPerElement, DataType } from '../../tensor/dtype.js';
import { isSigned } from './convert.js';

/** The range of an integer type, bool included. */
export function integerRange(dtype: number): { readonly low: bigint; readonly high: bigint } {
  if (dtype === DataType.BOOL) return { low: 0n, high: 1n };
  const bits = BigInt(bitsPerElement(dtype) as number);
  return isSigned(dtype)
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}
