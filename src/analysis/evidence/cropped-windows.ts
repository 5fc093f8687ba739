import type { Dim } from '../../symbolic/dim.js';
import { declaredFacts } from '../declared.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { isUnrolledRead, isWritten, shapeOf } from './look.js';
import { sliceBoundsOf } from './slices.js';
import { commonLength, type Windows, windowsOf } from './windows.js';

/**
 * A Slice that left whole windows of an axis, into which a Reshape then cuts it: `x[:, : T // 4 * 4].view(B, T // 4, 4 * D)`
 * with Python integers. What the end was is known when the traced size is; or when the Reshape was told how many windows
 * there are, and an output with a position for each is declared free.
 */
export function* croppedWindows({ inference, traced, nodes }: Scene): Iterable<Claim> {
  const free = freeCells(inference);
  for (const node of nodes) {
    const bounds = sliceBoundsOf(node, inference);
    if (bounds.length === 0 || isUnrolledRead(node, inference)) continue;
    for (const { axis, size, start, end } of bounds) {
      if (!start?.isZero() || !isWritten(end) || end.value < 2) continue;
      const windows = windowsOf(node.outputs[0], axis, inference);
      const length = commonLength(windows.map((each) => lengthOf(each, end.value)));
      if (length === undefined || end.value % length !== 0) continue;
      const what = `end of Slice on axis ${axis} of size ${size}, which is cut into windows of ${length}`;
      const meant = wholeWindows(size, length).find((whole) => traced.was(whole, end.value));
      if (meant !== undefined) yield { node, what, left: end, right: meant, needsTraced: true };
      else if (
        traced.of(size) === undefined &&
        windows.some(({ count }) => cellsOf(count).some((id) => free.has(id)))
      ) {
        yield { node, what, left: end, right: size.floorDiv(length).mul(length), needsTraced: false };
      }
    }
  }
}

/** Of how many positions the windows are, of so many in all. */
function lengthOf({ count, length }: Windows, total: number): number | undefined {
  if (length !== undefined) return length;
  return count?.value !== undefined && count.value > 1 && total % count.value === 0 ? total / count.value : undefined;
}

/** The whole windows in an axis; if it was filled up before, those that hold anything of what it was. */
function wholeWindows(size: Dim, length: number): Dim[] {
  const filled = filledSizes(size).filter((each) => size.sub(each).isNonNegative() && !size.equals(each));
  return [size, ...filled.map((each) => each.add(length - 1))].map((each) => each.floorDiv(length).mul(length));
}

/** What may have been filled up to give a size: T of T + 2 and, for whole windows, of (T + 11) // 12 * 12. */
function* filledSizesOf(size: Dim): Iterable<Dim> {
  const parts = size.parts();
  if (parts.kind === 'sum') for (const term of parts.terms) yield* filledSizesOf(term);
  else if (parts.kind === 'product') for (const factor of parts.factors) yield* filledSizesOf(factor);
  else if (parts.kind === 'floorDiv') {
    const k = parts.divisor.value;
    if (k !== undefined) yield parts.numerator.sub(k - 1);
    yield* filledSizesOf(parts.numerator);
  } else if (size.symbolName !== undefined) yield size;
}

function filledSizes(size: Dim): Dim[] {
  return [...filledSizesOf(size)];
}

/** The numbers in the file that make an axis of an output a fixed one, although it is declared free. */
function freeCells(inference: Inference): ReadonlySet<string> {
  const cells = new Set<string>();
  for (const output of inference.model.graph.outputs) {
    const declared = output.declared && declaredFacts(output.declared);
    const shape = shapeOf(inference, output);
    if (declared?.kind !== 'tensor' || declared.shape?.length !== shape?.length) continue;
    for (const [axis, dim] of (shape ?? []).entries()) {
      const size = declared.shape?.[axis];
      if (size === undefined || size.isNumber || !isWritten(dim) || dim.value < 2) continue;
      for (const id of cellsOf(dim)) cells.add(id);
    }
  }
  return cells;
}

function cellsOf(dim: Dim | undefined): string[] {
  return [...(dim?.origin?.symbols() ?? [])];
}
