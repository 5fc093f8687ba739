import type { Value } from '../../../model/value.js';
import type { Builder } from '../../builder.js';
import { fastGelu, gelu, sigmoidLinear } from '../activations.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';

/** An activation of the sum of an input and a bias, which may be missing. */
function biased(args: string, activation: (build: Builder, x: Value, dtype: number) => Value): Lowering {
  return {
    args,
    lower: (call) => {
      const x = sumOf(call);
      return activation(call.build, x, call.dtype(call.tensor('X')));
    },
  };
}

function sumOf(call: Call): Value {
  const bias = call.optional('bias');
  return bias ? call.build.add(call.tensor('X'), bias) : call.tensor('X');
}

export const lowerings: Lowerings = {
  Gelu: biased('X', gelu),
  FastGelu: biased('X bias', fastGelu),
  BiasGelu: biased('X bias', gelu),
  QuickGelu: {
    args: 'X alpha',
    lower: (call) => {
      const x = call.tensor('X');
      return sigmoidLinear(call.build, x, call.dtype(x), call.float('alpha', 1.702));
    },
  },
};
