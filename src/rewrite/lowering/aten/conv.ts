import type { Value } from '../../../model/value.js';
import type { Attributes } from '../../builder.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';

/** One number for all axes, or one for each. */
function perAxis(list: readonly number[], count: number): number[] {
  return list.length === 1 ? new Array<number>(count).fill(list[0] as number) : [...list];
}

/** Inputs without a batch get one. */
function batched(call: Call, x: Value, spatial: number, run: (x: Value) => Value): Value {
  const { build } = call;
  if (call.rank(x) === spatial + 2) return run(x);
  return build.squeeze(run(build.unsqueeze(x, [0])), [0]);
}

function convolution(call: Call, isTransposed = call.bool('transposed', false)): Value {
  const { build } = call;
  const weight = call.real('weight');
  const spatial = call.rank(weight) - 2;
  const text = call.has('padding') && isText(call) ? call.text('padding') : undefined;
  const padding = text === undefined ? perAxis(call.ints('padding', [0]), spatial) : undefined;
  const attributes: Record<string, Attributes[string]> = {
    strides: { ints: perAxis(call.ints('stride', [1]), spatial) },
    dilations: { ints: perAxis(call.ints('dilation', [1]), spatial) },
    group: { int: call.int('groups', 1) },
  };
  if (padding !== undefined) attributes.pads = { ints: [...padding, ...padding] };
  else if (text === 'same') attributes.auto_pad = { string: 'SAME_UPPER' };
  else if (text !== 'valid') throw new Refusal(`padding ${text} is not known`);
  if (isTransposed) attributes.output_padding = { ints: perAxis(call.ints('output_padding', [0]), spatial) };
  const bias = call.optional('bias');
  return batched(call, call.real('input'), spatial, (x) => {
    const inputs = bias ? [x, weight, bias] : [x, weight];
    return build.op(isTransposed ? 'ConvTranspose' : 'Conv', inputs, attributes);
  });
}

function isText(call: Call): boolean {
  try {
    call.text('padding');
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function pool(opType: 'AveragePool' | 'MaxPool', spatial: number): Lowering {
  const isMax = opType === 'MaxPool';
  return {
    args: isMax
      ? 'self kernel_size stride padding dilation ceil_mode'
      : 'self kernel_size stride padding ceil_mode count_include_pad divisor_override',
    lower: (call) => {
      if (call.has('divisor_override')) throw new Refusal('a divisor of its own is not supported');
      const kernel = perAxis(call.ints('kernel_size'), spatial);
      const stride = call.ints('stride', []);
      const padding = perAxis(call.ints('padding', [0]), spatial);
      const attributes: Record<string, Attributes[string]> = {
        kernel_shape: { ints: kernel },
        strides: { ints: stride.length === 0 ? kernel : perAxis(stride, spatial) },
        pads: { ints: [...padding, ...padding] },
      };
      if (call.bool('ceil_mode', false)) attributes.ceil_mode = { int: 1 };
      if (isMax) attributes.dilations = { ints: perAxis(call.ints('dilation', [1]), spatial) };
      else attributes.count_include_pad = { int: call.bool('count_include_pad', true) ? 1 : 0 };
      return batched(call, call.real('self'), spatial, (x) => call.build.op(opType, [x], attributes));
    },
  };
}

/** Pooling to a size: to 1 over everything; to others where they divide the sizes that are there. */
function adaptivePool(opType: 'Average' | 'Max', spatial: number): Lowering {
  return {
    args: 'self output_size',
    lower: (call) => {
      const { build } = call;
      const sizes = perAxis(call.ints('output_size'), spatial);
      const x = call.real('self');
      const given = sizes.map((_, i) => call.knownSize(x, i - spatial));
      const pooled = (input: Value) => {
        if (sizes.every((size) => size === 1)) return build.op(`Global${opType}Pool`, [input]);
        const steps = sizes.map((size, i) => (given[i] ?? Number.NaN) / size);
        if (!steps.every(Number.isInteger))
          throw new Refusal('its sizes do not divide those of the input, or these are not known');
        return build.op(`${opType}Pool`, [input], { kernel_shape: { ints: steps }, strides: { ints: steps } });
      };
      const result = batched(call, x, spatial, pooled);
      return opType === 'Max' ? [result, undefined] : result;
    },
  };
}

const FUNCTIONAL = 'input weight bias stride padding dilation groups';
const lower = (call: Call) => convolution(call);
const plain: Lowering = { args: FUNCTIONAL, lower };
const transposed: Lowering = {
  args: 'input weight bias stride padding output_padding groups dilation',
  lower: (call) => convolution(call, true),
};

export const lowerings: Lowerings = {
  conv1d: plain,
  conv2d: plain,
  conv3d: plain,
  _convolution_mode: plain,
  convolution: {
    args: 'input weight bias stride padding dilation transposed output_padding groups',
    lower,
  },
  _convolution: {
    args: 'input weight bias stride padding dilation transposed output_padding groups benchmark deterministic cudnn_enabled allow_tf32',
    lower,
  },
  conv_transpose1d: transposed,
  conv_transpose2d: transposed,
  conv_transpose3d: transposed,
  avg_pool1d: pool('AveragePool', 1),
  avg_pool2d: pool('AveragePool', 2),
  avg_pool3d: pool('AveragePool', 3),
  max_pool1d: pool('MaxPool', 1),
  max_pool2d: pool('MaxPool', 2),
  max_pool3d: pool('MaxPool', 3),
  adaptive_avg_pool1d: adaptivePool('Average', 1),
  adaptive_avg_pool2d: adaptivePool('Average', 2),
  adaptive_avg_pool3d: adaptivePool('Average', 3),
  adaptive_max_pool1d: adaptivePool('Max', 1),
  adaptive_max_pool2d: adaptivePool('Max', 2),
};
