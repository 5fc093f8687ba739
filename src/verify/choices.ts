import { isFloat } from '../tensor/dtype.js';
import { type IntegerData, type Sizes, symbolOf, unknownSymbols } from './inputs.js';
import type { Port } from './runtime.js';

/** A choice of everything that a declaration leaves open. */
export interface Choice {
  /** A size for every symbol. */
  readonly sizes: Sizes;
  readonly integers: IntegerData;
}

/**
 * Sizes worth trying for an axis of which nothing is known: a few frames, an image side, and enough samples for a
 * spectrum where the axis can be one of samples (the last). A model with minimum lengths or divisibility rules runs at
 * one of them or is left unverified. Not 1: there everything broadcasts, also what is frozen at another size.
 */
const GUESSES = [16, 64, 100, 224, 1000];
const SAMPLES = 16_000;

/**
 * What to try on a model, most plausible first: batch-like axes are 1, other axes without a given size take one guess
 * after the other, and for each the integer inputs take one filling after the other.
 *
 * @param ports - the declared inputs
 * @param given - sizes that are known; never varied
 */
export function* choices(ports: readonly Port[], given: Sizes): Generator<Choice> {
  const { batch, free } = unknownSymbols(ports, given);
  const known = { ...Object.fromEntries([...batch].map((symbol) => [symbol, 1])), ...given };
  const hasIntegers = ports.some(({ dtype }) => dtype !== undefined && !isFloat(dtype));
  const fillings: IntegerData[] = hasIntegers ? ['plausible', 'zeros', 'ones'] : ['plausible'];
  const guesses = isLastAxis(ports, free) ? [...GUESSES, SAMPLES] : GUESSES;
  for (const guess of free.size > 0 ? guesses : [0]) {
    const sizes = { ...known, ...Object.fromEntries([...free].map((symbol) => [symbol, guess])) };
    for (const integers of fillings) yield { sizes, integers };
  }
}

function isLastAxis(ports: readonly Port[], symbols: ReadonlySet<string>): boolean {
  const isFree = (port: Port, axis: number) => symbols.has(symbolOf(port, axis) ?? '');
  return ports.every((port) => port.shape.every((_, axis) => !isFree(port, axis) || axis === port.shape.length - 1));
}
