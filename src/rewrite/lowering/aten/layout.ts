/** Windows, borders, repetitions and channels: tensors that are cut up and put together anew. */
import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Size } from '../../builder.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { inType } from './promote.js';

/** Windows of `size` samples, `step` on, as a new last axis: positions of windows plus positions in a window. */
function unfold(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const rank = call.rank(x);
  const axis = call.positive(x, call.int('dimension'));
  const [size, step] = [call.int('size'), call.int('step')];
  const total = build.size(x, axis);
  const count = build.add(build.div(build.sub(total, build.ints([size])), build.ints([step])), build.ints([1]));
  const starts = build.mul(build.range(build.asScalar(count)), build.ints(step));
  const within = build.ints([...new Array(size).keys()]);
  const positions = build.add(build.unsqueeze(starts, [1]), build.unsqueeze(within, [0]));
  const windows = build.gather(x, positions, axis);
  // [.., windows, size, ..]: the positions in a window go to the end.
  const order = Array.from({ length: rank + 1 }, (_, i) => i).filter((i) => i !== axis + 1);
  return build.transpose(windows, [...order, axis + 1]);
}

/** PyTorch lists borders from the last axis on, before and after in turn. */
function padding(mode: string | undefined): Lowering {
  return {
    args: mode === undefined ? 'self pad mode value' : mode === 'constant' ? 'self pad value' : 'self padding',
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      const rank = call.rank(x);
      const name =
        mode ??
        { constant: 'constant', reflect: 'reflect', replicate: 'edge', circular: 'wrap' }[
          call.text('mode', 'constant')
        ];
      if (name === undefined) throw new Refusal('its mode is not known');
      if (name === 'wrap' && build.opset < 19) throw new Refusal('circular padding needs opset 19');
      const argument = call.has('pad') ? 'pad' : 'padding';
      const given: readonly Size[] = call.isConstant(argument)
        ? call.ints(argument)
        : call.tensors(argument).map((value) => build.reshape(inType(call, value, DataType.INT64), [1]));
      const before = new Array<Size>(rank).fill(0);
      const after = new Array<Size>(rank).fill(0);
      given.forEach((amount, i) => {
        (i % 2 === 0 ? before : after)[rank - 1 - Math.floor(i / 2)] = amount;
      });
      const value = call.has('value') ? inType(call, call.tensor('value'), call.dtype(x)) : undefined;
      const inputs = [x, build.sizes([...before, ...after])];
      return build.op('Pad', value && name === 'constant' ? [...inputs, value] : inputs, { mode: { string: name } });
    },
  };
}

/** Differences of neighbours, n times. */
function diff(call: Call): Value {
  const { build } = call;
  if (call.has('prepend') || call.has('append')) throw new Refusal('values before or after are not supported');
  const axis = call.int('dim', -1);
  let x = call.real('self');
  const isBool = call.dtype(x) === DataType.BOOL;
  for (let i = 0; i < call.int('n', 1); i++) {
    const [later, earlier] = [build.slice(x, axis, 1), build.slice(x, axis, 0, -1)];
    x = isBool ? build.op('Xor', [later, earlier]) : build.sub(later, earlier);
  }
  return x;
}

/** Every element several times in a row. */
function repeatInterleave(call: Call): Value {
  const { build } = call;
  const given = call.real('self');
  const flat = !call.has('dim');
  const x = flat ? build.reshape(given, [-1]) : given;
  const rank = flat ? 1 : call.rank(given);
  const axis = flat ? 0 : call.positive(given, call.int('dim'));
  if (!call.isConstant('repeats')) throw new Refusal('how often elements are repeated depends on the input');
  const repeats = call.ints('repeats');
  if (repeats.length > 1) {
    return build.gather(
      x,
      repeats.flatMap((count, i) => new Array<number>(count).fill(i)),
      axis,
    );
  }
  const count = repeats[0] as number;
  const wide = build.unsqueeze(x, [axis + 1]);
  const ones = new Array<number>(rank + 1).fill(1);
  const tiled = build.op('Tile', [wide, build.ints(ones.with(axis + 1, count))]);
  const shape = build.shape(x);
  const sizes = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : build.gather(shape, [i], 0)));
  return build.reshape(tiled, sizes);
}

/** The upper or lower triangle; Trilu came with opset 14. */
function triangle(upper: boolean): Lowering {
  return {
    args: 'self diagonal',
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      const diagonal = call.int('diagonal', 0);
      if (build.opset >= 14) return build.op('Trilu', [x, build.ints(diagonal)], { upper: { int: upper ? 1 : 0 } });
      const rank = call.rank(x);
      const positions = (axis: number) => build.range(build.asScalar(build.size(x, axis)));
      const rows = build.unsqueeze(positions(rank - 2), [1]);
      const columns = build.sub(build.unsqueeze(positions(rank - 1), [0]), build.ints(diagonal));
      const outside = upper ? build.op('Less', [columns, rows]) : build.op('Greater', [columns, rows]);
      return build.where(outside, build.scalar(0, call.dtype(x)), x);
    },
  };
}

/** [.., C r^2, H, W] to [.., C, H r, W r]. */
function pixelShuffle(call: Call): Value {
  const factor = call.int('upscale_factor');
  const attributes = { blocksize: { int: factor }, mode: { string: 'CRD' } };
  return call.build.op('DepthToSpace', [call.real('self')], attributes);
}

/** The way back: SpaceToDepth has the channels in another order. */
function pixelUnshuffle(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const factor = call.int('downscale_factor');
  const channels = call.knownSize(x, 1);
  if (call.rank(x) !== 4 || channels === undefined) throw new Refusal('its input is not [N, C, H, W] with known C');
  const [height, width] = [2, 3].map((axis) => build.div(build.size(x, axis), build.ints([factor])));
  const split = build.reshape(x, [0, channels, height as Value, factor, width as Value, factor]);
  const turned = build.transpose(split, [0, 1, 3, 5, 2, 4]);
  return build.reshape(turned, [0, channels * factor * factor, height as Value, width as Value]);
}

/** Groups of channels, dealt out like cards. */
function channelShuffle(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const groups = call.int('groups');
  const split = build.reshape(x, [0, groups, -1, ...rest(call, x)]);
  const rank = call.rank(x);
  const order = [0, 2, 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 3)];
  return build.op('Reshape', [build.transpose(split, order), build.shape(x)]);
}

function rest(call: Call, x: Value): Size[] {
  return Array.from({ length: call.rank(x) - 2 }, (_, i) => call.knownSize(x, i + 2) ?? call.build.size(x, i + 2));
}

/** One half times the sigmoid of the other. */
function gatedLinear(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const axis = call.int('dim', -1);
  const at = call.positive(x, axis);
  const half = build.div(build.size(x, at), build.ints([2]));
  return build.mul(build.slice(x, at, 0, half), build.op('Sigmoid', [build.slice(x, at, half)]));
}

export const lowerings: Lowerings = {
  unfold: { args: 'self dimension size step', lower: unfold },
  pad: padding(undefined),
  constant_pad_nd: padding('constant'),
  reflection_pad1d: padding('reflect'),
  reflection_pad2d: padding('reflect'),
  reflection_pad3d: padding('reflect'),
  replication_pad1d: padding('edge'),
  replication_pad2d: padding('edge'),
  replication_pad3d: padding('edge'),
  diff: { args: 'self n dim prepend append', lower: diff },
  repeat_interleave: { args: 'self repeats dim output_size', lower: repeatInterleave },
  triu: triangle(true),
  tril: triangle(false),
  pixel_shuffle: { args: 'self upscale_factor', lower: pixelShuffle },
  pixel_unshuffle: { args: 'self downscale_factor', lower: pixelUnshuffle },
  channel_shuffle: { args: 'self groups', lower: channelShuffle },
  glu: { args: 'self dim', lower: gatedLinear },
};
