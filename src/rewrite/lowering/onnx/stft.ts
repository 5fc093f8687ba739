import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { Refusal } from '../refusal.js';
import { emitStft } from '../spectral/stft.js';

/** Frames by Conv: `[batch, samples, 1 or 2]` to `[batch, frames, bins, 2]`. */
export function stft(call: Call): Value {
  const { build } = call;
  const signal = call.tensor('signal');
  const rank = call.rank(signal);
  const channels = rank === 2 ? 1 : call.knownSize(signal, 2);
  if (channels !== 1 && channels !== 2) throw new Refusal('whether its signal is real or complex is not known');
  const given = call.optional('window');
  const constant = given !== undefined && call.isConstant('window') ? call.numbers('window') : undefined;
  const own = call.has('frame_length') ? call.int('frame_length') : undefined;
  const length = own ?? constant?.length ?? (given && call.knownSize(given, 0));
  if (length === undefined) throw new Refusal('the length of its frames is not known');
  const onesided = call.bool('onesided', true);
  if (onesided && channels === 2) throw new Refusal('a complex signal has no onesided transform');
  const rows = rank === 2 ? build.unsqueeze(signal, [1]) : build.transpose(signal, [0, 2, 1]);
  const spectrum = emitStft(build, rows, {
    length,
    hop: call.int('frame_step'),
    window: constant ? Float64Array.from(constant) : new Float64Array(length).fill(1),
    liveWindow: constant ? undefined : given,
    onesided,
    channels,
    scale: 1,
    dtype: call.dtype(signal),
  });
  return build.transpose(spectrum, [0, 3, 2, 1]);
}
