import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { CallSite, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { centredWindow } from '../spectral/framing.js';
import { emitIstft } from '../spectral/istft.js';
import { asType, emitStft } from '../spectral/stft.js';

/** How `pad_mode` is called in ONNX. */
const PAD_MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
};

/** Frames by Conv, in PyTorch's order: `[.., bins, frames]`. Without `return_complex` the result is its real view. */
function stft(call: Call): Value {
  const { build } = call;
  const x = call.tensor('self');
  const length = call.int('n_fft');
  const isComplex = call.isComplex(x);
  const rank = call.rank(x);
  if (rank !== 1 && rank !== 2) throw new Refusal(`its signal has ${rank} axes instead of one or two`);
  if (call.bool('align_to_window', false)) throw new Refusal('frames aligned to the window are not supported');
  const batched = rank === 1 ? build.unsqueeze(x, [0]) : x;
  const channels = isComplex ? build.transpose(batched, [0, 2, 1]) : build.unsqueeze(batched, [1]);
  const onesided = call.bool('onesided', !isComplex);
  if (onesided && isComplex) throw new Refusal('a complex signal has no onesided transform');
  const { window, live } = windowOf(call, length);
  const spectrum = emitStft(build, centred(call, channels, length), {
    length,
    hop: call.int('hop_length', Math.floor(length / 4)),
    window,
    liveWindow: live,
    onesided,
    channels: isComplex ? 2 : 1,
    scale: call.bool('normalized', false) ? 1 / Math.sqrt(length) : 1,
    dtype: call.dtype(x),
  });
  const pairs = build.transpose(spectrum, [0, 2, 3, 1]);
  const result = rank === 1 ? build.squeeze(pairs, [0]) : pairs;
  return call.bool('return_complex', false) ? call.complex(result) : result;
}

/** Half a frame before and after the signal, where the overload centres its frames. */
function centred(call: Call, signal: Value, length: number): Value {
  const { build } = call;
  if (!call.bool('center', false)) return signal;
  const name = call.text('pad_mode', 'reflect');
  const mode = PAD_MODES[name];
  if (mode === undefined) throw new Refusal(`pad_mode ${name} is not known`);
  if (mode === 'wrap' && build.opset < 19) throw new Refusal(`pad_mode ${name} needs opset 19`);
  const half = Math.floor(length / 2);
  return half === 0 ? signal : build.pad(signal, 3, 2, half, half, mode);
}

/** The window of a frame: in the basis where it is constant, else as a factor at run time. */
function windowOf(call: Call, length: number): { window: Float64Array; live?: Value } {
  const ones = new Float64Array(length).fill(1);
  const value = call.optional('window');
  const width = call.int('win_length', length);
  if (width < 1 || width > length) throw new Refusal(`a window of ${width} samples does not fit frames of ${length}`);
  if (value === undefined) return { window: centredWindow(ones.subarray(0, width), length) };
  const numbers = call.isConstant('window') ? call.numbers('window') : undefined;
  if (numbers !== undefined) {
    if (numbers.length !== width) throw new Refusal(`its window has ${numbers.length} samples instead of ${width}`);
    return { window: centredWindow(numbers, length) };
  }
  const { build } = call;
  const left = Math.floor((length - width) / 2);
  const live = width === length ? value : build.pad(value, 1, 0, left, length - width - left);
  const signal = call.dtype(call.tensor('self'));
  return { window: ones, live: asType(build, live, call.dtype(value), signal) };
}

/** Overlap-add by ConvTranspose. Takes complex frequencies, or their real view as PyTorch before 1.8 had them. */
function istft(call: Call): Value {
  const { build } = call;
  const x = call.tensor('self');
  const length = call.int('n_fft');
  if (call.bool('return_complex', false)) throw new Refusal('a complex result is not supported');
  const shape = call.facts(x)?.shape;
  if (shape === undefined) throw new Refusal('the number of axes of its input is not known');
  if (shape.length !== 3 && shape.length !== 4) throw new Refusal('its input is not [.., bins, frames]');
  const isSingle = shape.length === 3;
  const pairs = isSingle ? build.unsqueeze(x, [0]) : x;
  const { window, live } = windowOf(call, length);
  if (live !== undefined) throw new Refusal('its window is not constant');
  const samples = lengthOf(call);
  const signal = emitIstft(build, build.transpose(pairs, [0, 3, 1, 2]), {
    length,
    hop: call.int('hop_length', Math.floor(length / 4)),
    window,
    onesided: call.bool('onesided', shape.at(-3)?.value !== length),
    scale: call.bool('normalized', false) ? Math.sqrt(length) : 1,
    dtype: call.dtype(x),
    center: call.bool('center', true),
    ...(samples === undefined ? {} : { samples }),
  });
  return isSingle ? build.squeeze(signal, [0]) : signal;
}

/** The length asked for, which may depend on the input. */
function lengthOf(call: Call): number | Value | undefined {
  if (!call.has('length')) return undefined;
  if (call.isConstant('length')) return call.int('length');
  const { build } = call;
  const value = call.tensor('length');
  return build.reshape(asType(build, value, call.knownType(value) ?? DataType.INT64, DataType.INT64), [1]);
}

const PLAIN = 'self n_fft hop_length win_length window normalized onesided return_complex align_to_window';
const CENTRED =
  'self n_fft hop_length win_length window center pad_mode normalized onesided return_complex align_to_window';

/** Without the overload's name, the number of arguments tells: exporters write all of them, None as no input. */
function stftArguments({ node, overload }: CallSite): string {
  return overload === 'center' || node.inputs.length > 9 ? CENTRED : PLAIN;
}

export const lowerings: Lowerings = {
  stft: { args: stftArguments, lower: stft },
  istft: {
    args: 'self n_fft hop_length win_length window center normalized onesided length return_complex',
    lower: istft,
  },
};
