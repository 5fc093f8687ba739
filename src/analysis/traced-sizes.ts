import { Dim } from '../symbolic/dim.js';
import type { BakedConstant } from './baked.js';

/** Searched exhaustively: no fixture or public model was traced at a longer axis. */
const LONGEST = 1 << 17;

/**
 * The sizes of the input symbols at which the model was exported, as far as baked numbers tell: solves
 * `expression = number` for every baked cell, the ones with a single unknown symbol first. The smallest solution is
 * taken where several fit (199..202 frames all give 49 after two strided convolutions).
 */
export function tracedSizes(constants: readonly BakedConstant[]): Map<string, number> {
  return solveSizes(
    constants.flatMap(({ axes, elements }) =>
      [...axes.values(), ...elements.values()].map(({ cell, size }) => ({ size, traced: cell.traced })),
    ),
  );
}

/** A number in the file and the expression that it stands for. */
export interface Equation {
  readonly size: Dim;
  readonly traced: number;
}

/** The symbols' numbers, by the equations that leave one symbol open. See {@link tracedSizes}. */
export function solveSizes(equations: readonly Equation[]): Map<string, number> {
  const sizes = new Map<string, number>();
  let progress = true;
  while (progress) {
    progress = false;
    for (const { size, traced } of equations) {
      const unknown = [...size.symbols()].filter((symbol) => !sizes.has(symbol));
      if (unknown.length !== 1) continue;
      const [symbol] = unknown as [string];
      const known = new Map([...sizes].map(([name, n]) => [name, Dim.of(n)]));
      const solution = solve(size.substitute(known), symbol, traced);
      if (solution === undefined) continue;
      sizes.set(symbol, solution);
      progress = true;
    }
  }
  return sizes;
}

function solve(size: Dim, symbol: string, traced: number): number | undefined {
  const env = new Map<string, number>();
  for (let n = 1; n <= LONGEST; n++) {
    env.set(symbol, n);
    if (size.evaluate(env) === traced) return n;
  }
  return undefined;
}
