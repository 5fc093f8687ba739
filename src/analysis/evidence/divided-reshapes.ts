import { product } from '../../ops/lib/known.js';
import { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { freeReshape } from './free-reshape.js';
import { isWritten } from './look.js';

/**
 * A Reshape that works out an axis (-1) beside the number that a size was when the model was traced. Axes keep their order:
 * what stands before the -1, or behind it, mostly covers whole axes of the input. If it does so only when the number is that
 * size, it is: [B * W, 8, 8, 16] to [2, W, 8, 8, -1] leaves the 16 to the -1 if 2 is B, and 8 * B else.
 */
export function* dividedReshapes({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    const found = freeReshape(node, inference);
    if (found === undefined) continue;
    const { shape, target, free } = found;
    const symbols = new Set(shape.flatMap((dim) => [...(dim?.symbols() ?? [])]));
    for (const [i, dim] of target.entries()) {
      if (!isWritten(dim) || dim.value < 1) continue;
      for (const name of symbols) {
        const size = Dim.symbol(name);
        if (!traced.was(size, dim.value)) continue;
        // At 1, everything was that number: only a size that is proved to be frozen elsewhere counts.
        if (dim.value === 1 && !(traced.isFrozen(name) && shape[i]?.equals(size))) continue;
        const meant = target.with(i, size);
        const [now, then] =
          i < free ? [target.slice(0, free), meant.slice(0, free)] : [target.slice(free + 1), meant.slice(free + 1)];
        const axes = i < free ? shape : [...shape].reverse();
        if (coversAxes(axes, now) || !coversAxes(axes, then)) continue;
        const what = `Reshape to [${target.join(', ')}] keeps the axes of [${shape.join(', ')}] if element ${i} is ${name}`;
        yield { node, what, left: dim, right: size, needsTraced: true };
      }
    }
  }
}

/** Are these the first axes, in other pieces? */
function coversAxes(axes: readonly (Dim | undefined)[], pieces: readonly (Dim | undefined)[]): boolean {
  const total = product(pieces);
  let covered: Dim | undefined = Dim.of(1);
  for (const axis of axes) {
    covered = axis && covered?.mul(axis);
    if (covered === undefined || total === undefined) return false;
    if (covered.equals(total)) return true;
  }
  return false;
}
