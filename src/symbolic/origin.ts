import { keyOf } from './floor-sums.js';
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

/** An expression and where it comes from. */
export interface Tracked {
  readonly plain: Polynomial;
  readonly origin: Origin | undefined;
}

type Each<T extends readonly Tracked[]> = { readonly [K in keyof T]: Polynomial };

/**
 * The origin of what an operation gives: the operation over the operands' origins, an operand without one taking part as it
 * is. Only the cells are remembered when an operand's expression was dropped, or the operation gives nothing.
 */
export function derived<const T extends readonly Tracked[]>(
  operands: T,
  operation: (expressions: Each<T>) => Polynomial | undefined,
): Origin | undefined {
  const expressions = operands.map(({ plain, origin }) => (origin === undefined ? plain : origin.expression));
  const isKnown = expressions.every((expression) => expression !== undefined);
  const result = isKnown ? operation(expressions as unknown as Each<T>) : undefined;
  return result === undefined ? dropped(operands.map(({ origin }) => origin?.cells)) : originOf(result);
}

/** An origin from its expression; undefined when no cell is in it. */
export function originOf(expression: Polynomial): Origin | undefined {
  const cells = new Set<string>();
  for (const name of symbolsOf(expression)) if (isCellName(name)) cells.add(name);
  if (cells.size === 0) return undefined;
  if (cells.size <= MAX_CELLS && expression.size <= MAX_SIZE) return { expression, cells };
  return dropped([cells]);
}

/** Do two sizes come from the same? */
export function isSameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.cells.size !== b.cells.size) return false;
  if (a.expression === undefined || b.expression === undefined) {
    return a.expression === b.expression && [...a.cells].every((cell) => b.cells.has(cell));
  }
  return a.expression === b.expression || keyOf(a.expression) === keyOf(b.expression);
}

/** An origin without an expression. */
function dropped(sets: readonly (Iterable<string> | undefined)[]): Origin | undefined {
  const cells = new Set<string>();
  for (const set of sets) {
    for (const cell of set ?? []) {
      if (cells.size >= MAX_REMEMBERED) break;
      cells.add(cell);
    }
  }
  return cells.size === 0 ? undefined : { expression: undefined, cells };
}
