import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import type { Lowered, Lowering, Lowerings } from '../lowering.js';

/** What a normalisation over the last axes gives. */
interface Normalized {
  readonly result: Value;
  readonly mean: Value | undefined;
  readonly inverse: Value;
}

/** (x - mean) / sqrt(variance + eps), or without the mean, times scale and plus bias. */
function normalize(call: Call, x: Value, centre: boolean, axis: number, epsilon: number): Normalized {
  const { build } = call;
  const dtype = call.dtype(call.tensor('x'));
  const axes = axis < 0 ? Array.from({ length: -axis }, (_, i) => axis + i) : axesFrom(axis, call.rank(x));
  const mean = centre ? build.reduce('ReduceMean', x, axes, true) : undefined;
  const centred = mean ? build.sub(x, mean) : x;
  const square = build.reduce('ReduceMean', build.mul(centred, centred), axes, true);
  const deviation = build.op('Sqrt', [build.add(square, build.scalar(epsilon, dtype))]);
  const inverse = build.op('Reciprocal', [deviation]);
  const [scale, bias] = [call.tensor('scale'), call.optional('bias')];
  const scaled = build.mul(build.div(centred, deviation), scale);
  return { result: bias ? build.add(scaled, bias) : scaled, mean, inverse };
}

function axesFrom(axis: number, rank: number): number[] {
  return Array.from({ length: rank - axis }, (_, i) => axis + i);
}

function plain(centre: boolean): Lowering {
  return {
    args: centre ? 'x scale bias axis epsilon stash_type' : 'x scale axis epsilon stash_type',
    lower: (call): Lowered => {
      const { result, mean, inverse } = normalize(
        call,
        call.tensor('x'),
        centre,
        call.int('axis', -1),
        call.float('epsilon', 1e-5),
      );
      return centre ? [result, mean, inverse] : [result, inverse];
    },
  };
}

/** The sum with a second path and a bias is normalised, and given as the fourth output. */
function skip(centre: boolean): Lowering {
  return {
    args: centre ? 'x skip scale bias offset epsilon' : 'x skip scale offset epsilon',
    lower: (call): Lowered => {
      const sum = call.build.add(call.tensor('x'), call.tensor('skip'));
      const offset = call.optional('offset');
      const total = offset ? call.build.add(sum, offset) : sum;
      const { result, mean, inverse } = normalize(call, total, centre, -1, call.float('epsilon', 1e-12));
      return [result, mean, inverse, total];
    },
  };
}

export const lowerings: Lowerings = {
  LayerNormalization: plain(true),
  SimplifiedLayerNormalization: plain(false),
  SkipLayerNormalization: skip(true),
  SkipSimplifiedLayerNormalization: skip(false),
};
