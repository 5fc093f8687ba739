import type { Dim } from '../../symbolic/dim.js';
import { required } from '../lib/alloc.js';
import { type EinsumEquation, einsum, parseEinsum } from '../lib/einsum.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

/** Sizes of the result: each label has one size wherever it occurs. */
function infer(ctx: InferContext): void {
  const equation = ctx.attributes.string('equation', '');
  const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i));
  ctx.setTensor(
    0,
    ctx.dtype(0),
    shapes.includes(undefined) ? undefined : resultShape(ctx, equation, shapes as Shape[]),
  );
}

function resultShape(ctx: InferContext, equation: string, shapes: readonly Shape[]): Shape | undefined {
  const parsed = parse(ctx, equation, shapes);
  if (parsed === undefined) return undefined;
  const sizes = new Map<string, Known>();
  parsed.operands.forEach((labels, input) => {
    labels.forEach((label, axis) => {
      const known = sizes.get(label);
      const size = { dim: shapes[input]?.[axis], input, axis };
      sizes.set(label, known === undefined ? size : merged(ctx, label, known, size));
    });
  });
  return parsed.result.map((label) => sizes.get(label)?.dim);
}

/** One size of a label out of two; 1 gives way. */
function merged(ctx: InferContext, label: string, a: Known, b: Known): Known {
  if (a.dim?.value === 1) return b;
  if (b.dim?.value === 1) return a;
  const where = [a, b].map(({ input, axis }) => ({ input, axis }));
  return { ...a, dim: ctx.unify(a.dim, b.dim, `${label} of Einsum`, where) };
}

interface Known {
  readonly dim: Dim | undefined;
  readonly input: number;
  readonly axis: number;
}

function parse(ctx: InferContext, equation: string, shapes: readonly Shape[]): EinsumEquation | undefined {
  try {
    return parseEinsum(
      equation,
      shapes.map((shape) => shape.length),
    );
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    ctx.unknown(error.message);
    return undefined;
  }
}

/** Sums of products in Einstein's notation. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'Einsum',
    infer,
    evaluate: ({ inputs, attributes }) => [
      einsum(
        attributes.string('equation', ''),
        inputs.map((_, i) => required(inputs, i)),
      ),
    ],
  },
];
