import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { CallSite, Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { onnxType } from './dtypes.js';

/** Weight of a sample at `t` of the way through the window, 0 <= t <= 1. */
type Window = (t: number, call: Call) => number;

const turn = (t: number) => Math.cos(2 * Math.PI * t);

/** The window of a length that the model fixes; periodic ones leave out the last sample of one that is longer by one. */
function window(weight: Window, extra: string): Lowering {
  return {
    args: (site) => signature(site, extra),
    lower: (call): Value => {
      const length = call.int('window_length');
      if (length < 0) throw new Refusal(`a window of ${length} samples`);
      const intervals = call.bool('periodic', true) ? length : length - 1;
      const data = Float64Array.from({ length }, (_, i) => (length === 1 ? 1 : weight(i / intervals, call)));
      const dtype = call.has('dtype') ? onnxType(call.int('dtype')) : DataType.FLOAT;
      return call.build.constant(data, [length], dtype);
    },
  };
}

/** Arguments that every factory of tensors has at its end. */
const FACTORY = 'dtype layout device pin_memory';

/** Overloads add `periodic`, then the window's own parameters; the tail of factories is always written out. */
function signature({ node, overload }: CallSite, extra: string): string {
  const own = `periodic ${extra}`.trim().split(' ');
  const named = overload === '' ? undefined : overload.split('_').filter((name) => own.includes(name)).length;
  const count = named ?? Math.max(0, Math.min(own.length, node.inputs.length - 1 - FACTORY.split(' ').length));
  return ['window_length', ...own.slice(0, count), FACTORY].join(' ');
}

/** Modified Bessel function of the first kind of order 0, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

export const lowerings: Lowerings = {
  hann_window: window((t) => 0.5 - 0.5 * turn(t), ''),
  hamming_window: window((t, call) => call.float('alpha', 0.54) - call.float('beta', 0.46) * turn(t), 'alpha beta'),
  blackman_window: window((t) => 0.42 - 0.5 * turn(t) + 0.08 * turn(2 * t), ''),
  bartlett_window: window((t) => 1 - Math.abs(2 * t - 1), ''),
  kaiser_window: window((t, call) => {
    const beta = call.float('beta', 12);
    return bessel(beta * Math.sqrt(Math.max(0, 1 - (2 * t - 1) ** 2))) / bessel(beta);
  }, 'beta'),
};
