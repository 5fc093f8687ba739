import { Dim } from '../symbolic/dim.js';
import type { BakedCell, BakedConstant } from './baked-constants.js';

/** Searched exhaustively: no fixture or public model was traced at a longer axis. */
const LONGEST = 1 << 17;

/**
 * The sizes of the input symbols at which the model was exported, as far as baked numbers tell: solves
 * `expression = number` for every baked cell, symbol by symbol, those that occur alone first. The smallest size that
 * satisfies most equations is taken (199..202 frames all give 49 after two strided convolutions).
 */
export function tracedSizes(constants: readonly BakedConstant[]): Map<string, number> {
  return solveSizes(
    constants.flatMap(({ axes, elements }) =>
      [...axes.values(), ...elements.values()].map(({ cell, size }) => ({ size, traced: cell.traced })),
    ),
  );
}

/** The same from cells, going only by sizes that tell numbers apart: several give 5 when divided by 4. */
export function exactSizes(baked: Iterable<Pick<BakedCell, 'cell' | 'size'>>): Map<string, number> {
  const equations: Equation[] = [];
  for (const { cell, size } of baked) if (isExact(size)) equations.push({ size, traced: cell.traced });
  return solveSizes(equations);
}

/** A number in the file and the expression that it stands for. */
export interface Equation {
  readonly size: Dim;
  readonly traced: number;
}

/** The symbols' numbers, by the equations that leave one symbol open. See {@link tracedSizes}. */
export function solveSizes(equations: readonly Equation[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (;;) {
    const known = new Map([...sizes].map(([name, n]) => [name, Dim.of(n)]));
    const single = new Map<string, Map<string, Equation>>();
    for (const { size, traced } of equations) {
      const [symbol, ...more] = [...size.symbols()].filter((name) => !sizes.has(name));
      if (symbol === undefined || more.length > 0) continue;
      const left = size.substitute(known);
      const own = single.get(symbol) ?? new Map<string, Equation>();
      own.set(`${left.key}=${traced}`, { size: left, traced });
      single.set(symbol, own);
    }
    let progress = false;
    for (const [symbol, own] of single) {
      const solution = solve([...own.values()], symbol);
      if (solution === undefined) continue;
      sizes.set(symbol, solution);
      progress = true;
    }
    if (!progress) return sizes;
  }
}

/** How far beyond the first solution of one equation the others are tried, too. */
const REACH = 1 << 12;

/** The smallest number that satisfies all equations, or else most of them. */
function solve(equations: readonly Equation[], symbol: string): number | undefined {
  const [first, ...others] = [...equations].sort((a, b) => sizeOfText(a) - sizeOfText(b));
  if (first === undefined) return undefined;
  const env = new Map<string, number>();
  const holds = ({ size, traced }: Equation) => size.evaluate(env) === traced;
  if (first.size.symbolName === symbol) return first.traced;
  let best: { n: number; satisfied: number } | undefined;
  for (let n = 1; n <= Math.min(LONGEST, best ? best.n + REACH : LONGEST); n++) {
    env.set(symbol, n);
    if (!holds(first)) continue;
    const satisfied = others.filter(holds).length;
    if (satisfied > (best?.satisfied ?? -1)) best = { n, satisfied };
    if (satisfied === others.length) break;
  }
  return best?.n;
}

function sizeOfText({ size }: Equation): number {
  return size.key.length;
}

/** Has one symbol, to which different numbers give different sizes? */
export function isExact(size: Dim): boolean {
  const [symbol, ...more] = size.symbols();
  if (symbol === undefined || more.length > 0) return false;
  const one = size.substitute(new Map([[symbol, Dim.symbol(symbol).add(1)]])).sub(size);
  return one.isNumber && !one.isZero();
}
