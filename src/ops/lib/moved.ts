import { type DenseTensor, elementCount } from '../../tensor/dense.js';
import type { EvalContext, InferContext, Shape } from '../types.js';
import { CONTENT_LIMIT, EvaluationError } from '../types.js';
import { required } from './alloc.js';
import { concreteShape } from './content.js';
import {
  type Content,
  checkedCount,
  contentOf,
  type Elements,
  elementsOf,
  elementsOfContent,
  tensorOf,
} from './elements.js';

/** Moves elements of a tensor of the given sizes: the one piece of code for symbolic contents and typed arrays. */
export type Move = (from: Elements, sizes: readonly number[]) => Elements;

/** Sets output 0 to elements of input 0, and none but those, in other places; the type stays. */
export function setMoved(ctx: InferContext, shape: Shape | undefined, move: Move | undefined): void {
  const content = move && isTracked(shape) ? movedContent(ctx, 0, move) : undefined;
  ctx.setOutput(0, { kind: 'tensor', dtype: ctx.dtype(0), shape, content, fill: ctx.tensor(0)?.fill });
}

/** As {@link setMoved}, where other elements are put between those of the input. */
export function setMixed(ctx: InferContext, shape: Shape | undefined, move: Move | undefined): void {
  ctx.setTensor(0, ctx.dtype(0), shape, move && isTracked(shape) ? movedContent(ctx, 0, move) : undefined);
}

function isTracked(shape: Shape | undefined): boolean {
  const sizes = concreteShape(shape);
  return sizes?.every((size) => size >= 0) === true && elementCount(sizes) <= CONTENT_LIMIT;
}

/** What is known of input i's elements, moved; undefined when its sizes are not all numbers. */
export function movedContent(ctx: InferContext, i: number, move: Move): Content | undefined {
  const sizes = concreteShape(ctx.shape(i));
  const content = sizes && ctx.content(i);
  if (sizes === undefined || content === undefined) return undefined;
  try {
    return contentOf(move(elementsOfContent(content), sizes));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    ctx.unknown(error.message);
    return undefined;
  }
}

/** Input i's elements, moved, as a tensor of this shape. */
export function movedTensor(ctx: EvalContext, i: number, shape: readonly number[], move: Move): DenseTensor {
  const x = required(ctx.inputs, i);
  const moved = move(elementsOf(x), x.shape);
  checkedCount(shape);
  return tensorOf(x.dtype, shape, moved);
}
