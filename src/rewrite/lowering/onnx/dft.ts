import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { Refusal } from '../refusal.js';
import { emitComplexToComplex, emitComplexToReal, emitRealToComplex } from '../spectral/dft.js';

/** A product with a matrix: `[.., n, .., 1 or 2]` to `[.., bins, .., 2]`, or back. */
export function dft(call: Call): Value {
  const { build } = call;
  const x = call.tensor('input');
  // The last axis is that of real and imaginary part.
  const rank = call.rank(x) - 1;
  const parts = call.knownSize(x, -1);
  if (parts !== 1 && parts !== 2) throw new Refusal('whether its input is real or complex is not known');
  // The axis is an attribute with default 1 before opset 20, and counts the last one.
  const given = call.int('axis', build.opset < 20 ? 1 : -2);
  const axis = given < 0 ? given + rank + 1 : given;
  if (axis < 0 || axis >= rank) throw new Refusal(`axis ${given} is none of its input`);
  const inverse = call.bool('inverse', false);
  const onesided = call.bool('onesided', false);
  const order = Array.from({ length: rank }, (_, i) => i);
  const there = [...order.filter((i) => i !== axis), axis];
  const back = order.map((i) => there.indexOf(i));
  const length = call.has('dft_length') ? call.int('dft_length') : undefined;
  const size = call.facts(x)?.shape?.[axis]?.value;
  const options = { rank, dtype: call.dtype(x), given: size, length, inverse, norm: 'backward' as const };
  const moved = build.transpose(x, [...there, rank]);
  if (inverse && onesided) {
    if (parts !== 2) throw new Refusal('the inverse of a onesided transform needs complex frequencies');
    return build.unsqueeze(build.transpose(emitComplexToReal(build, moved, options), back), [-1]);
  }
  if (onesided && parts === 2) throw new Refusal('a complex signal has no onesided transform');
  const result =
    parts === 2
      ? emitComplexToComplex(build, moved, options)
      : emitRealToComplex(build, build.squeeze(moved, [-1]), { ...options, onesided });
  return build.transpose(result, [...back, rank]);
}
