import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { EvalContext, InferContext } from '../types.js';
import { CONTENT_LIMIT, EvaluationError } from '../types.js';
import { concreteShape, contentData, type Known, scalarOf } from './content.js';

/**
 * Runs an operator's evaluation when the contents of all given inputs are numbers, and returns the outputs; undefined when
 * one is not known, or the operator refuses.
 */
export function evaluateContents(
  ctx: InferContext,
  evaluate: (ctx: EvalContext) => DenseTensor[],
): DenseTensor[] | undefined {
  const inputs: (DenseTensor | undefined)[] = [];
  for (let i = 0; i < ctx.inputCount; i++) {
    if (!ctx.hasInput(i)) {
      inputs.push(undefined);
      continue;
    }
    const dtype = ctx.dtype(i);
    const shape = concreteShape(ctx.shape(i));
    const content = ctx.content(i);
    if (dtype === undefined || shape === undefined || content === undefined) return undefined;
    const data = contentData(dtype, content);
    if (data === undefined) return undefined;
    inputs.push({ dtype, shape, data });
  }
  const { opType, domain, opset, attributes, outputCount } = ctx;
  try {
    return evaluate({ opType, domain, opset, attributes, inputs, outputCount });
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

/** Elements of a tensor as a content; undefined when there are too many to track. */
export function contentOf({ dtype, data }: DenseTensor): Known[] | undefined {
  if (Array.isArray(data) || data.length > CONTENT_LIMIT) return undefined;
  return Array.from(data as ArrayLike<number | bigint>, (element) => scalarOf(dtype, element));
}

/** Sets every output to what evaluation gave. */
export function setEvaluated(ctx: InferContext, outputs: readonly DenseTensor[]): void {
  outputs.forEach((tensor, i) => {
    if (!ctx.hasOutput(i)) return;
    const shape = tensor.shape.map((size) => Dim.of(size));
    ctx.setTensor(i, tensor.dtype, shape, contentOf(tensor));
  });
}
