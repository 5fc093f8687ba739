import type { Dim } from '../../symbolic/dim.js';
import type { Shape } from '../types.js';

/** A shape that takes part in broadcasting, and the input it belongs to. */
export interface BroadcastOperand {
  readonly input: number;
  readonly shape: Shape;
}

type Site = { readonly input: number; readonly axis: number };

/**
 * Numpy broadcasting of shapes, aligned at the last axis. The number 1 gives way to anything; of two other sizes `unify`
 * decides. An unknown size against a number above 1 must be 1 or that number; against anything else it stays unknown.
 */
export function unifyBroadcast(
  operands: readonly BroadcastOperand[],
  unify: (a: Dim, b: Dim, where: readonly Site[]) => Dim,
): Shape {
  const rank = Math.max(0, ...operands.map(({ shape }) => shape.length));
  const result: (Dim | undefined)[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let size: Dim | undefined;
    let site: Site | undefined;
    let one: Dim | undefined;
    let unknown = false;
    for (const { input, shape } of operands) {
      const own = axis - (rank - shape.length);
      if (own < 0) continue;
      const dim = shape[own];
      if (dim === undefined) unknown = true;
      else if (dim.value === 1) one ??= dim;
      else if (size === undefined || site === undefined) {
        size = dim;
        site = { input, axis: own };
      } else size = stretched(size, dim) ?? unify(size, dim, [site, { input, axis: own }]);
    }
    // A symbol may be 1 where the unknown size is not.
    if (unknown && !size?.isNumber) result.push(undefined);
    else result.push(size ?? one);
  }
  return result;
}

/** A size that depends on data may be 1 in some run: being stretched says nothing of it, and the other size is the result's. */
function stretched(a: Dim, b: Dim): Dim | undefined {
  return a.hasFresh === b.hasFresh ? undefined : a.hasFresh ? b : a;
}
