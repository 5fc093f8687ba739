import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { asComplex } from '../complex/parts.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { emitComplexToComplex, emitComplexToReal, emitRealToComplex, type Norm } from '../spectral/dft.js';

/** One transform along one axis. */
interface Step {
  readonly axis: number;
  /** Undefined: the size of the axis. */
  readonly length: number | undefined;
  readonly inverse: boolean;
  readonly norm: Norm;
}

type Kind = 'complex' | 'onesided' | 'real';

/** Transforms along one axis: to complex frequencies, to the onesided ones of real samples, or back to real samples. */
function transform(call: Call, x: Value, kind: Kind, { axis, length, inverse, norm }: Step): Value {
  const { build } = call;
  const rank = call.rank(x);
  const at = call.positive(x, axis);
  if (at < 0 || at >= rank) throw new Refusal(`axis ${axis} is none of the ${rank} of its input`);
  const isComplex = call.isComplex(x);
  const facts = call.facts(x);
  const given = facts?.shape?.[at]?.value;
  const order = Array.from({ length: rank }, (_, i) => i);
  const there = [...order.filter((i) => i !== at), at];
  const back = order.map((i) => there.indexOf(i));
  const options = { rank, dtype: call.dtype(x), given, length, inverse, norm };
  const moved = build.transpose(x, isComplex ? [...there, rank] : there);
  switch (kind) {
    case 'onesided': {
      if (isComplex) throw new Refusal('its input is complex instead of real');
      const result = emitRealToComplex(build, moved, { ...options, onesided: true });
      return call.complex(build.transpose(result, [...back, rank]));
    }
    case 'real': {
      const result = emitComplexToReal(build, isComplex ? moved : asComplex(call, moved), options);
      return build.transpose(result, back);
    }
    case 'complex': {
      const result = isComplex
        ? emitComplexToComplex(build, moved, options)
        : emitRealToComplex(build, moved, { ...options, onesided: false });
      return call.complex(build.transpose(result, [...back, rank]));
    }
  }
}

function normOf(call: Call): Norm {
  const norm = call.text('norm', 'backward');
  if (norm !== 'backward' && norm !== 'ortho' && norm !== 'forward') throw new Refusal(`norm ${norm} is not known`);
  return norm;
}

/** `fft_fft(self, n, dim, norm)` and its relatives. */
function single(kind: Kind, inverse: boolean): Lowering {
  return {
    args: 'self n dim norm',
    lower: (call) =>
      transform(call, call.tensor('self'), kind, {
        axis: call.int('dim', -1),
        length: call.has('n') ? call.int('n') : undefined,
        inverse,
        norm: normOf(call),
      }),
  };
}

/** Several axes, one after the other: real samples are transformed first along the last one, and come back there last. */
function several(kind: Kind, inverse: boolean, defaultAxes?: readonly number[]): Lowering {
  return {
    args: 'self s dim norm',
    lower: (call) => {
      const x = call.tensor('self');
      const sizes = call.numbers('s');
      const rank = call.rank(x);
      const all = sizes ? sizes.map((_, i) => i - sizes.length) : Array.from({ length: rank }, (_, i) => i);
      const given = call.numbers('dim') ?? defaultAxes ?? all;
      // Counted from the front, since results and inputs have different axes.
      const axes = given.map((axis) => call.positive(x, axis));
      const norm = normOf(call);
      const step = (i: number): Step => {
        const length = sizes?.[i];
        return { axis: axes[i] as number, length: length === -1 ? undefined : length, inverse, norm };
      };
      return chain(call, x, kind, axes.length, step);
    },
  };
}

function chain(call: Call, x: Value, kind: Kind, count: number, step: (i: number) => Step): Value {
  if (count === 0) throw new Refusal('it has no axes');
  const last = count - 1;
  let value = x;
  if (kind === 'onesided') value = transform(call, value, kind, step(last));
  for (let i = kind === 'complex' ? last : last - 1; i >= 0; i--) value = transform(call, value, 'complex', step(i));
  return kind === 'real' ? transform(call, value, kind, step(last)) : value;
}

/** The transforms that the others are made of: their scale is said as none, by the root of n, or by n. */
function primitive(kind: (call: Call) => Kind, isInverse: (call: Call) => boolean): Lowering['lower'] {
  return (call) => {
    const inverse = isInverse(call);
    const x = call.tensor('self');
    const axes = call.ints('dim').map((axis) => call.positive(x, axis));
    const norms: readonly Norm[] = inverse ? ['forward', 'ortho', 'backward'] : ['backward', 'ortho', 'forward'];
    const norm = norms[call.int('normalization')];
    if (norm === undefined) throw new Refusal('its normalization is not known');
    const last = axes.length - 1;
    const size = call.has('last_dim_size') ? call.int('last_dim_size') : undefined;
    return chain(call, x, kind(call), axes.length, (i) => {
      return { axis: axes[i] as number, length: i === last ? size : undefined, inverse, norm };
    });
  };
}

const PLANE = [-2, -1];

export const lowerings: Lowerings = {
  fft_fft: single('complex', false),
  fft_ifft: single('complex', true),
  fft_rfft: single('onesided', false),
  fft_irfft: single('real', true),
  fft_hfft: single('real', false),
  fft_ihfft: single('onesided', true),
  fft_fft2: several('complex', false, PLANE),
  fft_ifft2: several('complex', true, PLANE),
  fft_rfft2: several('onesided', false, PLANE),
  fft_irfft2: several('real', true, PLANE),
  fft_fftn: several('complex', false),
  fft_ifftn: several('complex', true),
  fft_rfftn: several('onesided', false),
  fft_irfftn: several('real', true),
  _fft_r2c: {
    args: 'self dim normalization onesided',
    lower: primitive(
      (call) => (call.bool('onesided') ? 'onesided' : 'complex'),
      () => false,
    ),
  },
  _fft_c2r: {
    args: 'self dim normalization last_dim_size',
    lower: primitive(
      () => 'real',
      () => true,
    ),
  },
  _fft_c2c: {
    args: 'self dim normalization forward',
    lower: primitive(
      () => 'complex',
      (call) => !call.bool('forward'),
    ),
  },
};
