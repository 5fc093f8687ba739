import { Dim } from '../../symbolic/dim.js';

const MINUS_ONE = Dim.of(-1);

/** Ends that mean "as far as there is", whatever the direction. */
const OPEN_ENDS: ReadonlySet<number | undefined> = new Set([2 ** 31 - 1, 2 ** 63]);

/** A range of concrete positions, as Slice of onnxruntime clamps it. */
export function sliceRange(size: number, start: number, end: number, step: number): { start: number; length: number } {
  const from = start < 0 ? start + size : start;
  const open = step > 0 ? size : -1;
  const to = OPEN_ENDS.has(end) ? open : end < 0 ? end + size : end;
  const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
  if (step > 0) {
    const first = clamp(from, 0, size);
    return { start: first, length: Math.max(0, Math.ceil((clamp(to, 0, size) - first) / step)) };
  }
  const first = clamp(from, 0, size - 1);
  return { start: first, length: size === 0 ? 0 : Math.max(0, Math.ceil((clamp(to, -1, size) - first) / step)) };
}

/**
 * How many positions of an axis `start:end:step` selects, exactly: minima and maxima stay where nothing proves that the
 * range is inside of the axis. Only an end whose sign is open is taken to be inside (99 - T + 1 of 199 rows), since what
 * wraps around there is no size that anybody means.
 */
export function sliceSize(size: Dim, start: Dim, end: Dim, step: number): Dim {
  // By far the most frequent: an axis that is not cut, and numbers that nobody needs to trace back.
  if (step === 1 && start.isZero() && OPEN_ENDS.has(end.value)) return size;
  if (size.isNumber && start.isNumber && end.isNumber && !hasCells(size, start, end)) {
    return Dim.of(sliceRange(size.value as number, start.value as number, end.value as number, step).length);
  }
  const from = fromStart(size, start);
  const open = step > 0 ? size : MINUS_ONE;
  const to = OPEN_ENDS.has(end.value) ? open : fromStart(size, end);
  const stride = Math.abs(step);
  if (from === undefined || to === undefined) {
    const first = atMost(size, from ?? fromOpenSign(size, start));
    const last = atMost(size, to ?? fromOpenSign(size, end));
    return (step > 0 ? last.sub(first) : first.sub(last)).ceilDiv(stride);
  }
  if (step > 0) {
    const first = from.max(0).min(size);
    return to.max(0).min(size).sub(first).ceilDiv(stride).max(0);
  }
  const first = from.max(0).min(size.sub(1));
  return first.sub(to.max(-1).min(size)).ceilDiv(stride).max(0);
}

function hasCells(...dims: readonly Dim[]): boolean {
  return dims.some(({ cells }) => cells.size > 0);
}

/** Counted from the start of the axis; undefined when it may be meant from either end. */
function fromStart(size: Dim, position: Dim): Dim | undefined {
  if (position.isNonNegative()) return position;
  return position.isAtMost(-1) ? size.add(position) : undefined;
}

/** A position whose sign is open, taken to be inside of the axis. */
function fromOpenSign(size: Dim, position: Dim): Dim {
  // At most 0 is a padding that is cut off again, if there is one: counted from the end.
  return position.isAtMost(0) ? size.add(position) : position;
}

/** A position taken to be inside, but where it provably is not. */
function atMost(size: Dim, position: Dim): Dim {
  return position.isAtLeast(size) ? size : position;
}
