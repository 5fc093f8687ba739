import type { Facts } from '../../src/ops/types.js';
import { dataTypeName } from '../../src/tensor/dtype.js';

/** Facts as text: `float[B, ?, 3]`. A Dim has no fields that `toEqual` could compare. */
export function factsText(facts: Facts | undefined): string {
  if (facts?.kind !== 'tensor') return facts?.kind ?? '?';
  const sizes = facts.shape?.map((dim) => dim?.toString() ?? '?').join(', ');
  return `${facts.dtype === undefined ? '?' : dataTypeName(facts.dtype)}${sizes === undefined ? '' : `[${sizes}]`}`;
}
