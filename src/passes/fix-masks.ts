/**
 * fix-masks: attention masks that were frozen at the traced length follow the live length again.
 *
 * Before: the exporter ran Python once and wrote down what came out.
 *
 *     scores [B, H, T, T] ──────────────┐
 *     Constant bool [1, 1, 1, 1000] ── Where ── Softmax     any T but 1000: "1000 by 4627" at run time
 *
 * After: a mask that is the same everywhere needs no length at all (its axis becomes 1 and broadcasts); one that
 * depends on the positions is computed from the size of a live tensor, once, and shared by all layers.
 *
 *     Shape ── Gather ── Range ─┬─ Unsqueeze ─┐
 *                               └─────────── Greater ── Where ── Softmax
 *
 * What counts is where the constant meets live data, after folding whatever chain of Cast, Equal, Not, Unsqueeze, Trilu
 * or ScatterND the exporter left before it.
 */
import type { Generator } from '../rewrite/generators/generate.js';
import type { Pass } from './pass.js';
import { repairConstants } from './repair-constants.js';
import type { RepairOptions } from './repair-session.js';

/** Options of {@link fixMasks}. */
export interface FixMasksOptions extends RepairOptions {}

/**
 * Replaces attention masks frozen at the traced length by masks of the live length.
 *
 * Recognises constants that are the same everywhere (no padding), and masks by relative position: causal, sliding
 * window, band, identity, chunks with left context, in any polarity, element type and "minus infinity". Values at the
 * traced size stay bit-identical. Masks that it cannot explain are refused with the reason, and nothing is changed.
 *
 * @example
 * ```ts
 * const model = await load('separator.onnx');
 * const report = await model.transform(fixMasks());
 * await save(model, 'separator.fixed.onnx');
 * ```
 */
export function fixMasks(options: FixMasksOptions = {}): Pass {
  return {
    name: 'fix-masks',
    async run(model) {
      return repairConstants(
        model,
        {
          name: 'fix-masks',
          noun: 'mask',
          repairs: isMask,
          refuses: ({ maskLike }) => maskLike,
          maxLength: 0,
        },
        options,
      );
    },
  };
}

/** Is it a mask's generator, and not one of positions? */
export function isMask({ kind }: Generator): boolean {
  return kind === 'fill' || kind === 'band' || kind === 'condition';
}
