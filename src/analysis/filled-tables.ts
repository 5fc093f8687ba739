import type { Dim } from '../symbolic/dim.js';
import type { Cell, Cells } from './cells.js';
import type { Constants } from './constants.js';
import { isFill, isOp } from './evidence/look.js';
import { explain } from './explain/explain.js';
import type { Conflict } from './infer.js';
import { type Solution, solutionFor } from './solve.js';

/** Paddings of a few positions are numbers of their own. */
const SHORTEST = 4;

/**
 * A sequence that was padded to as many positions as there are learned ones, `pad(x, 40 - T) + table`, where T + 20 and 40
 * are in conflict. A table that follows a rule may have been computed for T + 20 positions, but what was learned has as
 * many rows as were learned: the amount is what depends on T.
 */
export function paddedToTable({ left, right }: Conflict, cells: Cells, constants: Constants): Solution | undefined {
  const [size, rows] = left.isNumber ? [right, left] : [left, right];
  if (size.isNumber || !rows.isNumber || !isLearned(onlyCell(rows, cells), constants)) return undefined;
  const amounts = [...(size.origin?.symbols() ?? [])].filter((id) => isPadAmount(cells.get(id), constants));
  const [amount] = amounts;
  return amount === undefined || amounts.length > 1 ? undefined : solutionFor(size, amount, rows, cells);
}

function onlyCell({ origin }: Dim, cells: Cells): Cell | undefined {
  return origin?.symbolName === undefined ? undefined : cells.get(origin.symbolName);
}

/** An amount of a Pad, or the length of zeros that a Concat joins. */
function isPadAmount(cell: Cell | undefined, constants: Constants): boolean {
  if (cell === undefined || cell.traced < SHORTEST) return false;
  const { value, kind } = cell;
  if (kind === 'element') return value.uses.some(({ node, index }) => isOp(node, 'Pad') && index === 1);
  return value.uses.some(({ node }) => isOp(node, 'Concat')) && isFill(constants.dense(value));
}

function isLearned(cell: Cell | undefined, constants: Constants): boolean {
  if (cell?.kind !== 'size') return false;
  const tensor = constants.dense(cell.value);
  if (tensor === undefined) return false;
  // A rule may be one of two positions: causal masks are square.
  const square = tensor.shape.flatMap((size, axis) => (size === cell.traced ? [axis] : []));
  return [[cell.index], square].every((axes) => {
    const explanation = explain(tensor, axes);
    return explanation.found ? explanation.generator.kind === 'prefix-table' : explanation.padMask === undefined;
  });
}
