import type { Dim } from '../../symbolic/dim.js';
import { Dim as Size } from '../../symbolic/dim.js';
import type { Facts, InferContext } from '../types.js';
import { joinFacts, mapDims, sameFacts } from './join.js';

/** Loops settle in two or three rounds; what moves for longer than this is given up. */
const MAX_ROUNDS = 6;

/** A body as a function of its state. */
export type Step = (state: readonly (Facts | undefined)[]) => readonly (Facts | undefined)[];

/** What holds in every iteration of a loop. */
export interface Fixpoint {
  /** The state as every iteration finds it; sizes that change are symbols of their own. */
  readonly entry: readonly (Facts | undefined)[];
  /** What the body makes of it, its further outputs included. */
  readonly exit: readonly (Facts | undefined)[];
  /** Does any size, rank or sequence change from one iteration to the next? */
  readonly isMoving: boolean;
  /** Names of the symbols that stand for changing sizes. */
  readonly symbols: ReadonlySet<string>;
}

/** Runs a body until its state says no more than before: sizes that change are replaced by symbols, what else changes is dropped. */
export function fixpoint(ctx: InferContext, initial: readonly (Facts | undefined)[], step: Step): Fixpoint {
  const symbols = new Set<string>();
  const widen = (a: Dim): Dim => {
    if (a.symbolName !== undefined && symbols.has(a.symbolName)) return a;
    const size = ctx.fresh('step');
    symbols.add(size.symbolName as string);
    return size;
  };
  let entry = initial;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const exit = step(entry);
    const joined = entry.map((facts, i) => joinFacts(facts, exit[i], widen));
    if (joined.every((facts, i) => sameFacts(facts, entry[i]))) {
      return { entry, exit, isMoving: entry.some((facts, i) => !sameStructure(facts, initial[i])), symbols };
    }
    entry = joined;
  }
  const unknown = entry.map(() => undefined);
  return { entry: unknown, exit: step(unknown), isMoving: true, symbols };
}

/** Same sizes and lengths, whatever the elements. */
function sameStructure(a: Facts | undefined, b: Facts | undefined): boolean {
  return sameFacts(withoutContent(a), withoutContent(b));
}

function withoutContent(facts: Facts | undefined): Facts | undefined {
  return facts?.kind === 'tensor' ? { kind: 'tensor', dtype: facts.dtype, shape: facts.shape } : facts;
}

/**
 * The state after `trips` iterations: sizes that grow by the same amount every time are `initial + trips * amount`, other
 * changing ones are fresh symbols.
 *
 * @param trips - undefined when not known.
 */
export function stateAfter(
  ctx: InferContext,
  initial: readonly (Facts | undefined)[],
  { entry, exit, symbols }: Fixpoint,
  trips: Dim | undefined,
): (Facts | undefined)[] {
  return entry.map((facts, i) => {
    const before = initial[i];
    const after = exit[i];
    if (facts?.kind !== 'tensor' || before?.kind !== 'tensor' || after?.kind !== 'tensor') {
      // An optional that the body fills: the result has the type of the body's output.
      const filled = facts?.kind === 'optional' && after !== undefined && after.kind !== 'optional';
      return mapDims(filled ? after : facts, (dim) => (mentions(dim, symbols) ? ctx.fresh('loop') : dim));
    }
    const shape = facts.shape?.map((size, axis) => {
      if (size === undefined || !mentions(size, symbols)) return size;
      const growth = after.shape?.[axis]?.sub(size);
      const start = before.shape?.[axis];
      if (trips === undefined || start === undefined || growth === undefined || mentions(growth, symbols)) {
        return ctx.fresh('loop');
      }
      return start.add(trips.mul(growth));
    });
    const { dtype, content } = facts;
    return content === undefined ? { kind: 'tensor', dtype, shape } : { kind: 'tensor', dtype, shape, content };
  });
}

/** Does any of the symbols occur? */
export function mentions(dim: Dim, symbols: ReadonlySet<string>): boolean {
  if (symbols.size === 0 || !dim.hasFresh) return false;
  for (const name of dim.symbols()) if (symbols.has(name)) return true;
  return false;
}

/** The number 1, 0 ... as the content of a scalar. */
export function scalarFacts(dtype: number, value?: number): Facts {
  const facts = { kind: 'tensor' as const, dtype, shape: [] };
  return value === undefined ? facts : { ...facts, content: [Size.of(value)] };
}
