import type { Polynomial } from './polynomial.js';
import { isCellName, symbolsOf } from './symbols.js';

/** An origin over more cells than this is dropped, so that long chains of operators cost no more than short ones. */
const MAX_CELLS = 16;
/** Likewise for origins that grow in other ways. */
const MAX_SIZE = 256;
/** How many cells are remembered once the expression over them was dropped. */
const MAX_REMEMBERED = 24;

/**
 * Where a size comes from: the same computation over *cells*, the numbers written in constants. `expression` is undefined
 * when it was dropped; the cells are remembered then, and the origin of whatever is computed from it is dropped too.
 */
export interface Origin {
  readonly expression: Polynomial | undefined;
  readonly cells: ReadonlySet<string>;
}

/** An origin from its expression; undefined when no cell is in it. */
export function originOf(expression: Polynomial): Origin | undefined {
  const cells = new Set<string>();
  for (const name of symbolsOf(expression)) if (isCellName(name)) cells.add(name);
  if (cells.size === 0) return undefined;
  if (cells.size <= MAX_CELLS && expression.size <= MAX_SIZE) return { expression, cells };
  return dropped(cells);
}

/** An origin without an expression. */
export function dropped(...sets: readonly (Iterable<string> | undefined)[]): Origin | undefined {
  const cells = new Set<string>();
  for (const set of sets) {
    for (const cell of set ?? []) {
      if (cells.size >= MAX_REMEMBERED) break;
      cells.add(cell);
    }
  }
  return cells.size === 0 ? undefined : { expression: undefined, cells };
}
