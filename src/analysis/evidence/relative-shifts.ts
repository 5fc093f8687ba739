import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { integersOf, isOp, isWritten, shapeOf } from './look.js';
import { allSliceBoundsOf } from './slices.js';

/**
 * The shift that turns scores of 2T-1 relative positions into scores of T keys (Transformer-XL, appendix B), with its sizes
 * as numbers: [T, 2T-1] filled up to [T, 40], reshaped to [40, 20], less the first row, reshaped to [20, 39]. The numbers
 * tell T = 20 and 2T = 40 together; one by one, 40 could be divided by 20. Where T is live and the table of positions is a
 * constant, [40, T] fits at any size, but reads the table from the wrong row: the keys that are cut off behind, [:20], tell.
 */
export function* relativeShifts({ inference, traced, nodes }: Scene): Iterable<Claim> {
  for (const node of nodes) {
    const shape = isOp(node, 'Reshape') ? shapeOf(inference, node.inputs[0]) : undefined;
    const [live, width] = shape?.slice(-2) ?? [];
    const [rows, columns] = targetOf(node, inference);
    if (live === undefined || live.isNumber || width?.value === undefined || !isWritten(rows)) continue;
    if (columns === undefined || rows.value !== width.value) continue;
    const what = `relative positions shifted by Reshape to [${rows}, ${columns}]`;
    const claim = (at: Node, left: Dim, right: Dim): Claim => ({ node: at, what, left, right, needsTraced: false });
    if (columns.equals(live)) {
      if (!isElement(rows, inference)) continue;
      const positions = rows.value / 2;
      if ((traced.of(live) ?? positions) !== positions) continue;
      const cuts = [...reshapesBack(node, inference)].flatMap((back) => keysCut(back, positions, inference));
      if (cuts.length === 0) continue;
      yield claim(node, rows, live.mul(2));
      for (const { slice, end } of cuts) yield claim(slice, end, live);
      continue;
    }
    if (!isWritten(columns) || rows.value !== 2 * columns.value) continue;
    if ((traced.of(live) ?? columns.value) !== columns.value) continue;
    yield claim(node, rows, live.mul(2));
    yield claim(node, columns, live);
    for (const back of reshapesBack(node, inference)) {
      const [again, span] = targetOf(back, inference);
      if (!isWritten(again) || again.value !== columns.value || span?.value !== rows.value - 1) continue;
      yield claim(back, again, live);
      if (isWritten(span)) yield claim(back, span, live.mul(2).sub(1));
    }
  }
}

/** The last two numbers of what a Reshape asks for. */
function targetOf(node: Node, inference: Inference): readonly (Dim | undefined)[] {
  return integersOf(inference, node.inputs[1])?.slice(-2) ?? [];
}

/** The Reshapes of all rows but the first. */
function* reshapesBack(node: Node, inference: Inference): Iterable<Node> {
  for (const { node: slice } of node.outputs[0]?.uses ?? []) {
    if (!allSliceBoundsOf(slice, inference).some(({ start }) => start?.value === 1)) continue;
    for (const { node: next, index } of slice.outputs[0]?.uses ?? [])
      if (index === 0 && isOp(next, 'Reshape')) yield next;
  }
}

/** The Slices that leave so many keys of what a Reshape made. */
function keysCut(back: Node, keys: number, inference: Inference): { slice: Node; end: Dim }[] {
  return (back.outputs[0]?.uses ?? []).flatMap(({ node: slice }) =>
    allSliceBoundsOf(slice, inference).flatMap(({ start, end }) =>
      start?.isZero() && isElement(end, inference) && end.value === keys ? [{ slice, end }] : [],
    ),
  );
}

/** Is the number itself written in the file, not computed from the size of a table there? */
function isElement(dim: Dim | undefined, { cells }: Inference): dim is Dim & { readonly value: number } {
  const name = dim?.origin?.symbolName;
  return isWritten(dim) && name !== undefined && cells?.get(name)?.kind === 'element';
}
