import type { Model } from '../model/model.js';
import type { Shape } from '../ops/types.js';
import { DataType } from '../tensor/dtype.js';
import type { BakedConstant } from './baked-constants.js';
import type { Inference } from './infer.js';

/** The sizes that items of a batch are counted by. */
export interface BatchSizes {
  /** Symbols, the likeliest first. */
  readonly symbols: readonly string[];
  /** The number, where the inputs have a fixed batch of several items. */
  readonly fixed: number | undefined;
}

/**
 * Finds what counts the items of a batch: what integer vectors among the inputs (lengths, ids) have one number for, else
 * the first axis of the inputs.
 */
export function batchSizes(model: Model, inference: Inference): BatchSizes {
  const symbols = new Set<string>();
  const numbers = new Set<number | undefined>();
  const add = (shape: Shape | undefined) => {
    const name = shape?.[0]?.symbolName;
    if (name === undefined) numbers.add(shape?.[0]?.value);
    else symbols.add(name);
  };
  const inputs = model.graph.inputs.map((input) => inference.facts(input));
  for (const facts of inputs) if (facts?.kind === 'tensor' && isCountVector(facts.dtype, facts.shape)) add(facts.shape);
  for (const facts of inputs) if (facts?.kind === 'tensor' && (facts.shape?.length ?? 0) > 1) add(facts.shape);
  const [fixed] = numbers;
  const isFixed = symbols.size === 0 && numbers.size === 1 && fixed !== undefined && fixed > 1;
  return { symbols: [...symbols], fixed: isFixed ? fixed : undefined };
}

function isCountVector(dtype: number | undefined, shape: Shape | undefined): boolean {
  return shape?.length === 1 && (dtype === DataType.INT64 || dtype === DataType.INT32);
}

/**
 * The axis of a baked constant that has an index for each item of a batch, or several (one for each head).
 *
 * @param shape - the constant's
 */
export function batchAxisOf(
  { axes }: BakedConstant,
  shape: readonly number[],
  { symbols, fixed }: BatchSizes,
): number | undefined {
  for (const symbol of symbols) {
    const found = [...axes].filter(([, { size }]) => {
      const [name, ...more] = size.symbols();
      return name === symbol && more.length === 0;
    });
    // Two axes of one size are positions by positions.
    if (found.length === 1) return (found[0] as [number, unknown])[0];
  }
  return fixed !== undefined && shape.length > 1 && shape[0] === fixed && !axes.has(0) ? 0 : undefined;
}
