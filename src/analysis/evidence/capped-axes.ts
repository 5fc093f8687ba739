import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Claim, Scene } from './evidence.js';
import { isOp } from './look.js';

/**
 * A tensor that is made at run time, as long as a number along one axis, and cut to a live size that it must have:
 * `full([T, 12], -inf)[:, :T]` fails beyond 12. What is stored (a table, a buffer) ends somewhere and may be meant to; what is
 * filled in from a list of sizes has no end of its own, so the number in the list was a size when the model was traced.
 */
export function* cappedAxes({ inference }: Scene): Iterable<Claim> {
  for (const { node, what, left, right } of inference.demands) {
    for (const [capped, live] of [
      [left, right],
      [right, left],
    ] as const) {
      if (live.isNumber || live.hasFresh || !isCapped(capped, live) || !isListed(capped, inference)) continue;
      yield {
        node,
        what: `${what}: made with a number, cut to ${live}`,
        left: capped,
        right: live,
        needsTraced: false,
      };
    }
  }
}

/** Larger than the sizes of models. */
const LARGE = 2 ** 24;

/** Is it the live size, up to some number? */
function isCapped(capped: Dim, live: Dim): boolean {
  if (capped.isNumber || capped.hasFresh) return false;
  const cap = capped.evaluate(new Map([...capped.symbols()].map((name) => [name, LARGE])));
  return cap !== undefined && cap > 1 && capped.equals(live.min(cap));
}

/** Does it come from a number in a list of sizes that is put together at run time? */
function isListed({ cells }: Dim, { cells: known, constants }: Inference): boolean {
  return [...cells].some((id) => {
    const cell = known?.get(id);
    if (cell?.kind !== 'element') return false;
    const live = cell.value.uses.filter(
      ({ node }) => !node.outputs.some((output) => output && constants.isConstant(output)),
    );
    return live.length > 0 && live.every(({ node }) => isOp(node, 'Concat') && isFillShape(node.outputs[0]));
  });
}

/** Do nodes fill tensors of that shape? */
function isFillShape(shape: Value | undefined): boolean {
  return (
    shape?.uses.some(({ node, index }) => (index === 0 ? isOp(node, 'ConstantOfShape') : isOp(node, 'Expand'))) ?? false
  );
}
