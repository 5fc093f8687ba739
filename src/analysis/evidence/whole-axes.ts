/** What axes were before a Reshape merged them: [B * T, 32] was [B, T, 32]. */
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { product } from '../../ops/lib/known.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Cells } from '../cells.js';
import type { Conflict, Inference } from '../infer.js';
import type { Solution } from '../solve.js';
import { isOp, shapeOf } from './look.js';

type Dims = readonly (Dim | undefined)[];

/**
 * The solutions, by index, that give sizes to the numbers of a Reshape in another order than the merged axes had: B * T rows
 * that were [T, B] are taken apart into [20, 1] as T and B, though B and T are as many.
 */
export function contraryToMerged(
  solutions: readonly Solution[],
  { node, left, right }: Conflict,
  cells: Cells,
  inference: Inference,
): ReadonlySet<number> {
  if (!isOp(node, 'Reshape')) return new Set();
  for (const { run } of wholeRuns(node, left.isNumber ? right : left, inference)) {
    return new Set([...solutions.keys()].filter((i) => isContrary(solutions[i] as Solution, run, cells)));
  }
  return new Set();
}

function isContrary({ assignments }: Solution, run: Dims, cells: Cells): boolean {
  const ordered = [...assignments].sort(([a], [b]) => (cells.get(a)?.index ?? 0) - (cells.get(b)?.index ?? 0));
  const places = ordered.map(([, size]) => run.findIndex((axis) => axis?.equals(size)));
  return places.every((place) => place >= 0) && places.some((place, i) => i > 0 && place < (places[i - 1] as number));
}

/** What the rows of a Reshape may have been merged from: whole shapes, and the axes in them that are as many rows. */
export function* wholeRuns(node: Node, size: Dim, inference: Inference): Iterable<{ whole: Dims; run: Dims }> {
  for (const whole of wholeShapes(node, inference)) {
    const run = runOf(whole, size);
    if (run !== undefined) yield { whole, run };
  }
}

/** The axes next to each other that have this size together. */
function runOf(whole: Dims, size: Dim): Dims | undefined {
  for (let from = 0; from < whole.length; from++) {
    for (let to = from + 2; to <= whole.length; to++) {
      const run = whole.slice(from, to);
      if (!run[0]?.equals(1) && !run.at(-1)?.equals(1) && product(run)?.equals(size)) return run;
    }
  }
  return undefined;
}

/** Steps back from a Reshape to where axes were merged: a product, an addend, an activation, a transposition. */
const MAX_STEPS = 8;

/** The shapes of what the rows of a Reshape were merged from, the nearest first; its own input's comes first of all. */
function* wholeShapes(node: Node, inference: Inference): Iterable<Dims> {
  const seen = new Set<string>();
  let front: Value[] = node.inputs[0] === undefined ? [] : [node.inputs[0]];
  for (let step = 0; step < MAX_STEPS && front.length > 0; step++) {
    const next = new Set<Value>();
    for (const value of front) {
      const shape = shapeOf(inference, value);
      const key = shape?.join(' ');
      if (shape !== undefined && key !== undefined && !seen.has(key)) {
        seen.add(key);
        yield shape;
      }
      for (const input of value.producer?.inputs ?? []) {
        if (input?.producer !== undefined && shapeOf(inference, input)?.some((dim) => dim?.isNumber === false))
          next.add(input);
        else if (input?.graph.inputs.includes(input)) next.add(input);
      }
    }
    front = [...next];
  }
}
