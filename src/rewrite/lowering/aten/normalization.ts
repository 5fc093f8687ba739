import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';

/** Sizes for a vector of one entry a channel to broadcast over the axes behind axis 1. */
function overChannels(call: Call, vector: Value, rank: number): Value {
  const axes = Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 1);
  return call.build.unsqueeze(vector, axes);
}

/** Scale and shift, each of which may be missing. */
function affine({ build }: Call, x: Value, weight: Value | undefined, bias: Value | undefined): Value {
  const scaled = weight ? build.mul(x, weight) : x;
  return bias ? build.add(scaled, bias) : scaled;
}

/** (x - mean) / sqrt(variance + eps) with the statistics of the model; BatchNormalization where it has all it wants. */
function batchNorm(call: Call): Value {
  const { build } = call;
  const x = call.real('input');
  const [mean, variance] = [call.optional('running_mean'), call.optional('running_var')];
  if (call.bool('training', false) || mean === undefined || variance === undefined) {
    throw new Refusal('it is in training mode: statistics of the batch instead of the learned ones');
  }
  const rank = call.rank(x);
  const dtype = call.dtype(x);
  const epsilon = call.float('eps', 1e-5);
  const channels = call.knownSize(mean, 0) ?? call.knownSize(x, 1);
  if (channels === undefined) throw new Refusal('the number of channels is not known');
  const filled = (value: number) => build.constant(new Float64Array(channels).fill(value), [channels], dtype);
  const weight = call.optional('weight') ?? filled(1);
  const bias = call.optional('bias') ?? filled(0);
  if (rank < 2) throw new Refusal(`its input has ${rank} axes`);
  return build.op('BatchNormalization', [x, weight, bias, mean, variance], { epsilon: { float: epsilon } });
}

/** Normalises over the axes given, by mean and (biased) variance. */
function standardize(call: Call, x: Value, axes: readonly number[], epsilon: number): Value {
  const { build } = call;
  const centred = build.sub(x, build.reduce('ReduceMean', x, axes, true));
  const variance = build.reduce('ReduceMean', build.mul(centred, centred), axes, true);
  return build.div(centred, build.op('Sqrt', [build.add(variance, build.scalar(epsilon, call.dtype(x)))]));
}

function lastAxes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i - count);
}

function layerNorm(call: Call): Value {
  const x = call.real('input');
  const shape = call.ints('normalized_shape');
  const [weight, bias] = [call.optional('weight'), call.optional('bias')];
  const epsilon = call.float('eps', 1e-5);
  if (call.build.opset >= 17 && weight !== undefined) {
    const attributes = { axis: { int: -shape.length }, epsilon: { float: epsilon } };
    return call.build.op('LayerNormalization', bias ? [x, weight, bias] : [x, weight], attributes);
  }
  return affine(call, standardize(call, x, lastAxes(shape.length), epsilon), weight, bias);
}

/** Groups of channels, normalised as one: `[N, groups, everything else]`. */
function groupNorm(call: Call, groups: number): Value {
  const { build } = call;
  const x = call.real('input');
  const dtype = call.dtype(x);
  const rank = call.rank(x);
  const filled = (value: number) => build.constant(new Float64Array(groups).fill(value), [groups], dtype);
  const inputs = [build.reshape(x, [0, groups, -1]), filled(1), filled(0)];
  const normalized = build.op('InstanceNormalization', inputs, { epsilon: { float: call.float('eps', 1e-5) } });
  const spread = (vector: Value | undefined) => vector && overChannels(call, vector, rank);
  const shaped = build.op('Reshape', [normalized, build.shape(x)]);
  return affine(call, shaped, spread(call.optional('weight')), spread(call.optional('bias')));
}

function instanceNorm(call: Call): Value {
  if (!call.bool('use_input_stats', true)) return batchNorm(call);
  const x = call.real('input');
  const channels = call.knownSize(x, 1);
  if (channels === undefined) throw new Refusal('the number of channels is not known');
  return groupNorm(call, channels);
}

/** x / sqrt(mean of x^2 + eps); without eps PyTorch takes that of the element type. */
function rmsNorm(call: Call): Value {
  const { build } = call;
  const x = call.real('input');
  const dtype = call.dtype(x);
  const epsilon = call.float('eps', dtype === DataType.DOUBLE ? 2 ** -52 : 2 ** -23);
  const mean = build.reduce('ReduceMean', build.mul(x, x), lastAxes(call.ints('normalized_shape').length), true);
  const root = build.op('Sqrt', [build.add(mean, build.scalar(epsilon, dtype))]);
  return affine(call, build.div(x, root), call.optional('weight'), undefined);
}

const BATCH = 'input weight bias running_mean running_var training momentum eps cudnn_enabled';

export const lowerings: Lowerings = {
  batch_norm: { args: BATCH, lower: batchNorm },
  native_batch_norm: { args: BATCH, lower: (call) => [batchNorm(call)] },
  _native_batch_norm_legit_no_training: {
    args: 'input weight bias running_mean running_var momentum eps',
    lower: (call) => [batchNorm(call)],
  },
  layer_norm: { args: 'input normalized_shape weight bias eps cudnn_enable', lower: layerNorm },
  native_layer_norm: { args: 'input normalized_shape weight bias eps', lower: (call) => [layerNorm(call)] },
  group_norm: {
    args: 'input num_groups weight bias eps cudnn_enabled',
    lower: (call) => groupNorm(call, call.int('num_groups')),
  },
  instance_norm: {
    args: 'input weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled',
    lower: instanceNorm,
  },
  rms_norm: { args: 'input normalized_shape weight eps', lower: rmsNorm },
};
