import { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { isUnrolledRead, isWritten } from './look.js';
import { sliceBoundsOf } from './slices.js';
import type { TracedSizes } from './traced-sizes.js';

/**
 * A Slice that ended where its axis did when it was traced, `x[:, :20]` of 20 frames, or began at the last one. At other
 * sizes it cuts, or leaves padding that it was there to cut off.
 */
export function* sliceBounds({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    const bounds = sliceBoundsOf(node, inference);
    if (bounds.length === 0 || isUnrolledRead(node, inference)) continue;
    for (const { axis, size, start, end } of bounds) {
      const claim = (left: Dim, right: Dim, what: string): Claim => ({ node, what, left, right, needsTraced: true });
      if (isWritten(end) && end.value > 1 && (start?.isNonNegative() ?? false)) {
        const meant = endOf(size, end.value, traced);
        if (meant) yield claim(end, meant, `end of Slice on axis ${axis} of size ${size}`);
      }
      if (isWritten(start) && start.value > 0) {
        const meant = startOf(size, start.value, traced);
        if (meant) yield claim(start, meant, `start of Slice on axis ${axis} of size ${size}`);
      }
    }
  }
}

/** The axis itself, a size that it was made of (T, of T + 2), or half of it. */
function endOf(size: Dim, end: number, traced: TracedSizes): Dim | undefined {
  if (traced.was(size, end)) return size;
  for (const name of size.symbols()) {
    const symbol = Dim.symbol(name);
    // What padding added is cut off again; anything further away is a number of its own.
    if (traced.was(symbol, end) && size.sub(symbol).isNonNegative() && !size.isAtLeast(symbol.mul(2))) return symbol;
  }
  const half = size.exactQuotient(2);
  return traced.was(half, end) ? half : undefined;
}

/** The last position, or the beginning of the second half. */
function startOf(size: Dim, start: number, traced: TracedSizes): Dim | undefined {
  const last = size.sub(1);
  if (traced.was(last, start)) return last;
  const half = size.exactQuotient(2);
  return traced.was(half, start) ? half : undefined;
}
