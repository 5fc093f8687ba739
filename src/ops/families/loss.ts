import { type AxisOfInput, equalAxes } from '../lib/equal-sizes.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

const SCALAR: Shape = [];

/** Scores are [N, C, d...], targets [N, d...], weights [C]; the loss has the targets' shape until it is reduced. */
function inferLoss(ctx: InferContext): void {
  const { opType } = ctx;
  const scores = ctx.shape(0);
  const rank = scores?.length ?? (ctx.shape(1)?.length ?? -1) + 1;
  const classes = equalAxes(ctx, `classes of ${opType}`, [0, 1], [2, 0]);
  const sizes = Array.from({ length: rank }, (_, axis) => {
    if (axis === 1) return classes;
    const sites: AxisOfInput[] = [
      [0, axis],
      [1, axis === 0 ? 0 : axis - 1],
    ];
    return equalAxes(ctx, `targets of ${opType}`, ...sites);
  });
  const reduced = ctx.attributes.string('reduction', 'mean') !== 'none';
  const loss = rank === 0 ? undefined : sizes.filter((_, axis) => axis !== 1);
  ctx.setTensor(0, ctx.dtype(0), reduced ? SCALAR : loss);
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(0), rank === 0 ? undefined : sizes);
}

/** Losses of classification; the second output, of SoftmaxCrossEntropyLoss only, is log(softmax(scores)). */
export const definitions: readonly OpDefinition[] = [
  { name: 'NegativeLogLikelihoodLoss', infer: inferLoss },
  { name: 'SoftmaxCrossEntropyLoss', infer: inferLoss },
];
