import type { InferContext, OpDefinition } from '../types.js';

const domain = 'ai.onnx.preview.training';

/**
 * One step of an optimiser. Inputs are the learning rate, the update count, then groups of as many tensors as are
 * optimised: the tensors, their gradients, and one group for each accumulator. Outputs are the tensors and accumulators.
 */
function optimiser(name: string, accumulators: number): OpDefinition {
  return {
    name,
    domain,
    infer(ctx) {
      const count = (ctx.inputCount - 2) / (2 + accumulators);
      for (let i = 0; i < count; i++) unifyGroup(ctx, 2 + i, count);
      for (let i = 0; i < ctx.outputCount; i++) {
        // Behind the tensors, the outputs skip their gradients.
        const input = 2 + (i < count ? i : i + count);
        ctx.setTensor(i, ctx.dtype(input), ctx.shape(2 + (i % count)) ?? ctx.shape(input));
      }
    },
  };
}

/** A tensor, its gradient and its accumulators, `step` inputs apart, have the same shape. */
function unifyGroup(ctx: InferContext, first: number, step: number): void {
  const shape = ctx.shape(first);
  for (let input = first + step; input < ctx.inputCount; input += step) {
    ctx.shape(input)?.forEach((size, axis) => {
      const where = [
        { input: first, axis },
        { input, axis },
      ];
      ctx.unify(shape?.[axis], size, `tensors of ${ctx.opType}`, where);
    });
  }
}

/** The i-th output is the derivative with respect to the i-th name in `xs`, and the i-th input is its value. */
function inferGradient(ctx: InferContext): void {
  for (let i = 0; i < ctx.outputCount; i++) ctx.setTensor(i, ctx.dtype(i), ctx.shape(i));
}

/** The operators of ai.onnx.preview.training. */
export const definitions: readonly OpDefinition[] = [
  optimiser('Adagrad', 1),
  optimiser('Momentum', 1),
  optimiser('Adam', 2),
  { name: 'Gradient', domain, infer: inferGradient },
];
