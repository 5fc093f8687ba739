import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';
import { required } from './alloc.js';
import { broadcastContent, contentData, type Known, scalarOf, storedScalar } from './content.js';
import type { BinaryKernel, PredicateKernel, UnaryKernel } from './elementwise.js';
import { foldBinary, mapBinary, mapPredicate, mapUnary } from './elementwise.js';

/** What a kernel may depend on. */
type InferSite = Pick<InferContext, 'attributes' | 'opset'>;

/** A kernel, or how to make it from a node's attributes. */
export type Kernel<K> = K | ((site: InferSite) => K);

/** What an elementwise operator is, besides its name and kernel. */
export interface ElementwiseOptions {
  readonly domain?: string;
}

function kernelAt<K extends object>(kernel: Kernel<K>, site: InferSite): K {
  return typeof kernel === 'function' ? (kernel as (site: InferSite) => K)(site) : kernel;
}

/** An operator on each element of one input; the output has its type and shape. */
export function unary(
  name: string,
  kernel: Kernel<UnaryKernel>,
  symbolic?: (x: Known, dtype: number | undefined) => Known,
  options: ElementwiseOptions = {},
): OpDefinition {
  return {
    name,
    ...options,
    infer(ctx) {
      const dtype = ctx.dtype(0);
      const shape = ctx.shape(0);
      const content = broadcastContent(ctx, [0], shape, ([x]) => {
        const exact = storedScalar(dtype, symbolic?.(x, dtype));
        return (
          exact ?? computed(dtype, [x], (tensors) => mapUnary(name, tensors[0] as DenseTensor, kernelAt(kernel, ctx)))
        );
      });
      ctx.setTensor(0, dtype, shape, content);
    },
    evaluate: (ctx) => [mapUnary(name, required(ctx.inputs, 0), kernelAt(kernel, ctx))],
  };
}

/** An operator on two inputs of one type, broadcast against each other. */
export function binary(
  name: string,
  kernel: Kernel<BinaryKernel>,
  symbolic?: (a: Known, b: Known, site: InferSite & { readonly dtype: number | undefined }) => Known,
): OpDefinition {
  return {
    name,
    infer(ctx) {
      const dtype = ctx.dtype(0) ?? ctx.dtype(1);
      const shape = binaryShape(ctx);
      const site = { attributes: ctx.attributes, opset: ctx.opset, dtype };
      const content = broadcastContent(ctx, [0, 1], shape, ([a, b]) => {
        const exact = storedScalar(dtype, symbolic?.(a, b, site));
        const evaluate = ([x, y]: readonly DenseTensor[]) =>
          mapBinary(name, x as DenseTensor, y as DenseTensor, kernelAt(kernel, ctx));
        return exact ?? computed(dtype, [a, b], evaluate);
      });
      ctx.setTensor(0, dtype, shape, content);
    },
    evaluate: (ctx) => [mapBinary(name, required(ctx.inputs, 0), aligned(ctx), kernelAt(kernel, ctx))],
  };
}

/** A comparison or a logical operator: two inputs of one type, a bool output. */
export function predicate(
  name: string,
  kernel: PredicateKernel,
  symbolic?: (a: Known, b: Known) => Known,
): OpDefinition {
  return {
    name,
    infer(ctx) {
      const dtype = ctx.dtype(0) ?? ctx.dtype(1);
      const shape = binaryShape(ctx);
      const content = broadcastContent(ctx, [0, 1], shape, ([a, b]) => {
        const evaluate = ([x, y]: readonly DenseTensor[]) =>
          asBool(mapPredicate(name, x as DenseTensor, y as DenseTensor, kernel));
        return symbolic?.(a, b) ?? computed(dtype, [a, b], evaluate, DataType.BOOL);
      });
      ctx.setTensor(0, DataType.BOOL, shape, content);
    },
    evaluate: (ctx) => [asBool(mapPredicate(name, required(ctx.inputs, 0), aligned(ctx), kernel))],
  };
}

/** An operator that folds any number of broadcast inputs, from the left. */
export function variadic(name: string, kernel: BinaryKernel, symbolic: (a: Known, b: Known) => Known): OpDefinition {
  return {
    name,
    infer(ctx) {
      const inputs = Array.from({ length: ctx.inputCount }, (_, i) => i).filter((i) => ctx.hasInput(i));
      const dtype = inputs.map((i) => ctx.dtype(i)).find((type) => type !== undefined);
      const shape = ctx.broadcast();
      const content = broadcastContent(ctx, inputs, shape, (elements) =>
        elements.slice(1).reduce((a, b) => {
          const evaluate = ([x, y]: readonly DenseTensor[]) =>
            mapBinary(name, x as DenseTensor, y as DenseTensor, kernel);
          return storedScalar(dtype, symbolic(a, b)) ?? computed(dtype, [a, b], evaluate);
        }, elements[0]),
      );
      ctx.setTensor(0, dtype, shape, content);
    },
    evaluate: ({ inputs }) => [foldBinary(name, inputs, kernel)],
  };
}

/** An element computed by the operator's own evaluation, when all operands are numbers. */
export function computed(
  dtype: number | undefined,
  elements: readonly Known[],
  evaluate: (tensors: readonly DenseTensor[]) => DenseTensor,
  resultType = dtype,
): Known {
  if (dtype === undefined || resultType === undefined) return undefined;
  const tensors: DenseTensor[] = [];
  for (const element of elements) {
    const data = contentData(dtype, [element]);
    if (data === undefined) return undefined;
    tensors.push({ dtype, shape: [], data });
  }
  try {
    return scalarOf(resultType, evaluate(tensors).data[0] as number | bigint);
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

function asBool({ shape, data }: { shape: readonly number[]; data: Uint8Array }): DenseTensor {
  return { dtype: DataType.BOOL, shape, data };
}

/** Before opset 7, a second operand was broadcast to the first on request, its axes starting at `axis`. */
function binaryShape(ctx: InferContext): Shape | undefined {
  return ctx.opset < 7 && ctx.domain === '' ? ctx.shape(0) : ctx.broadcast([0, 1]);
}

function aligned(ctx: EvalContext): DenseTensor {
  const b = required(ctx.inputs, 1);
  const axis = ctx.attributes.int('axis');
  if (ctx.opset >= 7 || ctx.domain !== '' || axis === undefined) return b;
  const rank = required(ctx.inputs, 0).shape.length;
  const start = axis < 0 ? axis + rank : axis;
  return { ...b, shape: [...b.shape, ...new Array<number>(Math.max(0, rank - start - b.shape.length)).fill(1)] };
}
