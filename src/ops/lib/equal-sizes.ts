import type { Dim } from '../../symbolic/dim.js';
import type { InferContext } from '../types.js';

/** A size, and the axis of an input that shows it. */
export interface ShownSize {
  readonly size: Dim | undefined;
  readonly input: number;
  readonly axis: number;
}

/** An axis of an input, counted from the start. */
export type AxisOfInput = readonly [input: number, axis: number];

/**
 * States that sizes are equal, and returns the one to go on with. Unknown ones, of absent inputs too, say nothing.
 *
 * @param what - As in {@link InferContext.unify}: a few words.
 */
export function equalSizes(ctx: InferContext, what: string, shown: readonly ShownSize[]): Dim | undefined {
  let result: Dim | undefined;
  let first: ShownSize | undefined;
  for (const site of shown) {
    if (site.size === undefined) continue;
    if (first === undefined) {
      result = site.size;
      first = site;
    } else {
      const where = [first, site].map(({ input, axis }) => ({ input, axis }));
      result = ctx.unify(result, site.size, what, where);
    }
  }
  return result;
}

/** As {@link equalSizes}, of whole axes of inputs. */
export function equalAxes(ctx: InferContext, what: string, ...axes: readonly AxisOfInput[]): Dim | undefined {
  const shown = axes.map(([input, axis]): ShownSize => ({ size: ctx.shape(input)?.[axis], input, axis }));
  return equalSizes(ctx, what, shown);
}
