import { floorDivide } from './floor.js';
import { type Floor, floorOf, keyOf } from './floor-sums.js';
import { floorDivInt, gcdInt } from './int.js';
import { type Atom, add, multiply, Polynomial, scale } from './polynomial.js';

/** Floors that repeat after more than this are left as they are: writing them out takes as many terms. */
const MAX_PERIOD = 12;

/**
 * Writes floors by numbers of one base in terms that no sum of which is another: the base x and `(x + k) // period` for
 * k from 1 to below the period. Polynomials that are equal by the laws of sums of floors have equal terms then, however
 * they were shortened.
 *
 * A function with `f(x + period) = f(x) + c` steps by `f(r) - f(r - 1)` wherever x reaches r, modulo the period, which is
 * what `(x + period - r) // period` counts; the last of these counts is x less all others.
 *
 * @returns the same polynomials, in that form together
 */
export function inFloorBasis(all: readonly Polynomial[]): Polynomial[] {
  const basis = new FloorBasis();
  for (const a of all) basis.add(a);
  return all.map((a) => basis.write(a));
}

class FloorBasis {
  /** The period of each base. */
  readonly #periods = new Map<string, number>();
  readonly #written = new Map<string, Polynomial>();

  /** Makes room for what a polynomial will need. */
  add(a: Polynomial): void {
    for (const { monomial } of a.terms) {
      for (const { atom } of monomial.factors) {
        const floor = floorOf(atom);
        if (floor === undefined) continue;
        const key = keyOf(floor.base);
        const known = this.#periods.get(key) ?? 1;
        this.#periods.set(key, (known / Number(gcdInt(known, floor.divisor))) * floor.divisor);
        this.add(floor.base);
      }
    }
  }

  write(a: Polynomial): Polynomial {
    let result = Polynomial.of(a.constant);
    for (const { monomial, coefficient } of a.terms) {
      let product = Polynomial.of(coefficient);
      for (const { atom, power } of monomial.factors) {
        const value = this.#atom(atom);
        for (let i = 0; i < power; i++) product = multiply(product, value);
      }
      result = add(result, product);
    }
    return result;
  }

  #atom(atom: Atom): Polynomial {
    let value = this.#written.get(atom.key);
    if (value === undefined) {
      const floor = floorOf(atom);
      value = (floor && this.#floor(floor)) ?? Polynomial.atom(atom);
      this.#written.set(atom.key, value);
    }
    return value;
  }

  #floor({ base, multiple, constant, divisor }: Floor): Polynomial | undefined {
    const common = this.#periods.get(keyOf(base)) as number;
    // Floors by this number alone are better than nothing.
    const period = common > MAX_PERIOD ? divisor : common;
    if (period > MAX_PERIOD) return undefined;
    const valueAt = (x: number) => Number(floorDivInt(multiple * x + constant, divisor));
    const step = (x: number) => valueAt(x) - valueAt(x - 1);
    let result = add(scale(this.write(base), step(period)), Polynomial.of(valueAt(0)));
    for (let r = 1; r < period; r++) {
      const count = floorDivide(add(base, Polynomial.of(period - r)), Polynomial.of(period));
      result = add(result, scale(count, step(r) - step(period)));
    }
    return result;
  }
}
