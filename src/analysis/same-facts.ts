import type { Facts, TensorFacts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import { Rational, type Scalar } from '../symbolic/scalar.js';

/**
 * Do two facts say the same, the origins of sizes and elements included? False where that is not easily told, as of
 * sequences.
 */
export function isSameFacts(a: Facts | undefined, b: Facts | undefined): boolean {
  if (a === b) return true;
  return a?.kind === 'tensor' && b?.kind === 'tensor' && isSameTensor(a, b);
}

function isSameTensor(a: TensorFacts, b: TensorFacts): boolean {
  return (
    a.dtype === b.dtype &&
    isSameList(a.shape, b.shape) &&
    isSameScalar(a.fill, b.fill) &&
    isSameList(a.content, b.content)
  );
}

function isSameList(a: readonly (Scalar | undefined)[] | undefined, b: typeof a): boolean {
  if (a === b) return true;
  return a?.length === b?.length && a !== undefined && a.every((scalar, i) => isSameScalar(scalar, b?.[i]));
}

function isSameScalar(a: Scalar | undefined, b: Scalar | undefined): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (a instanceof Dim) return b instanceof Dim && a.isSame(b);
  return a instanceof Rational && b instanceof Rational && a.num.isSame(b.num) && Object.is(a.den, b.den);
}
