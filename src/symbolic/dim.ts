import { isNeverZero, isNonNegative, isPositive } from './bounds.js';
import { floorDivide, modulo } from './floor.js';
import { keyOf } from './floor-sums.js';
import { fromNumber, gcdInt, type Int, normal } from './int.js';
import { maximum, minimum } from './maximum.js';
import { derived, isSameOrigin, type Origin, originOf, type Tracked } from './origin.js';
import { parse } from './parse.js';
import { mapParts, type Parts, partsOf } from './parts.js';
import { add, content, multiply, negate, Polynomial, subtract } from './polynomial.js';
import { print, printExactly } from './print.js';
import { divideExactly } from './quotient.js';
import { quotientOf, simplify } from './simplify.js';
import { solveFor } from './solve.js';
import { evaluate, substitute } from './substitute.js';
import { freshSymbol, isCellName, isFreshName, symbol, symbolsOf } from './symbols.js';

export { DimSyntaxError } from './parse.js';

const NO_SYMBOLS: ReadonlySet<string> = new Set();
const NO_CELLS: ReadonlySet<string> = new Set();

/** An expression of more symbols than this is replaced by a symbol of its own. */
const MAX_DIM_SIZE = 1024;

/** Names to numbers, for {@link Dim.evaluate}. */
export type Environment = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/**
 * An immutable integer expression over the graph's input symbols, exact at any magnitude and always in canonical form:
 * two expressions of sums, products, floor divisions, remainders, minima and maxima that are equal by the laws of those
 * get the same {@link key}, however they were reached.
 *
 * Facts (`isPositive` ...) hold for all values of the symbols: sizes of inputs are at least 1, data dependent sizes at
 * least 0, and none reaches 2^31 - 1, which exporters write to mean "to the end". False means "not proved".
 *
 * A Dim may also remember its {@link origin}: the same computation over the cells, numbers of constants, that it came
 * from. Equality, keys and facts never look at it.
 */
export class Dim {
  static readonly #small: Dim[] = [];

  readonly #plain: Polynomial;
  readonly #origin: Origin | undefined;
  #symbols: ReadonlySet<string> | undefined;

  private constructor(plain: Polynomial, origin?: Origin) {
    // Past this size nobody reads or proves anything: a new symbol stands for the expression.
    this.#plain = plain.size > MAX_DIM_SIZE ? freshSymbol('large') : simplify(plain);
    this.#origin = origin;
  }

  /** A number; integers beyond 2^53 are taken exactly as the double is. Throws `RangeError` on fractions, NaN, infinity. */
  static of(n: number | bigint): Dim {
    if (typeof n === 'number' && n >= 0 && n < 1024 && Number.isInteger(n)) {
      let dim = Dim.#small[n];
      if (dim === undefined) {
        dim = new Dim(Polynomial.of(n + 0));
        Dim.#small[n] = dim;
      }
      return dim;
    }
    return new Dim(Polynomial.of(typeof n === 'bigint' ? normal(n) : fromNumber(n)));
  }

  /** A size that the graph's inputs decide, at least 1. Names that begin with `?` are data dependent, with `#` cells. */
  static symbol(name: string): Dim {
    return new Dim(symbol(name));
  }

  /** A size that depends on data, at least 0: a new symbol `?hint_n`. */
  static fresh(hint: string): Dim {
    return new Dim(freshSymbol(hint));
  }

  /** The number that a cell holds, remembering the cell. Throws `RangeError` when the id does not begin with `#`. */
  static cell(id: string, value: number | bigint): Dim {
    return Dim.of(value).withOrigin({ id });
  }

  /**
   * Reads an expression in Python syntax (`+ - * // % **`, `min()`, `max()`, parentheses, names, quoted names), and what
   * sympy prints (`floor(T/2)`, `Max(1, T)`, `Mod(T, 8)`). Throws {@link DimSyntaxError}.
   */
  static parse(text: string): Dim {
    return new Dim(parse(text));
  }

  /** Canonical text; equal exactly for equal dims. Not meant to be read or parsed: see {@link toString}. */
  get key(): string {
    return keyOf(this.#plain);
  }

  get isNumber(): boolean {
    return this.#plain.terms.length === 0;
  }

  /** The number, rounded to a double beyond 2^53; undefined when symbolic. */
  get value(): number | undefined {
    return this.#plain.terms.length === 0 ? Number(this.#plain.constant) : undefined;
  }

  /** The number, exact at any magnitude; undefined when symbolic. */
  get exactValue(): number | bigint | undefined {
    return this.#plain.terms.length === 0 ? this.#plain.constant : undefined;
  }

  /** Is this exactly one data dependent symbol? */
  get isFresh(): boolean {
    const atom = this.#plain.asAtom;
    return atom?.kind === 'symbol' && isFreshName(atom.name);
  }

  /** Does a data dependent symbol occur? */
  get hasFresh(): boolean {
    if (this.#plain.terms.length === 0) return false;
    for (const name of this.symbols()) if (isFreshName(name)) return true;
    return false;
  }

  /** The name when this is exactly one symbol. */
  get symbolName(): string | undefined {
    const atom = this.#plain.asAtom;
    return atom?.kind === 'symbol' ? atom.name : undefined;
  }

  /** Names of all symbols in the expression (not in its origin). */
  symbols(): ReadonlySet<string> {
    if (this.#plain.terms.length === 0) return NO_SYMBOLS;
    this.#symbols ??= symbolsOf(this.#plain);
    return this.#symbols;
  }

  /**
   * The parallel expression over cells (names that begin with `#`) and plain symbols; undefined when no cell had influence
   * or when it was dropped, past 16 cells. See {@link cells} for those.
   */
  get origin(): Dim | undefined {
    const expression = this.#origin?.expression;
    return expression === undefined ? undefined : new Dim(expression);
  }

  /** Ids of the cells that had influence; at most a handful are remembered. */
  get cells(): ReadonlySet<string> {
    return this.#origin?.cells ?? NO_CELLS;
  }

  /** The same size, remembered to come from this cell, or from what another dim comes from. */
  withOrigin(origin: Dim | { readonly id: string }): Dim {
    if (origin instanceof Dim) {
      return new Dim(this.#plain, origin.#origin ?? originOf(origin.#plain));
    }
    if (!isCellName(origin.id)) throw new RangeError(`the id of a cell begins with #: ${JSON.stringify(origin.id)}`);
    return new Dim(this.#plain, { expression: symbol(origin.id), cells: new Set([origin.id]) });
  }

  /** The same size without its origin. */
  withoutOrigin(): Dim {
    return this.#origin === undefined ? this : new Dim(this.#plain);
  }

  add(other: Dim | number): Dim {
    return this.#combine(other, add);
  }

  sub(other: Dim | number): Dim {
    return this.#combine(other, subtract);
  }

  mul(other: Dim | number): Dim {
    return this.#combine(other, multiply);
  }

  neg(): Dim {
    return this.#map(negate);
  }

  /** Python's `//`: rounds towards minus infinity. Throws `RangeError` when the divisor is the number 0. */
  floorDiv(other: Dim | number): Dim {
    return this.#combine(other, floorDivide);
  }

  /** The quotient rounded towards infinity. Throws `RangeError` when the divisor is the number 0. */
  ceilDiv(other: Dim | number): Dim {
    return this.#combine(other, (a, b) => negate(floorDivide(negate(a), b)));
  }

  /** Python's `%`: has the sign of the divisor. Throws `RangeError` when the divisor is the number 0. */
  mod(other: Dim | number): Dim {
    return this.#combine(other, modulo);
  }

  /** The smaller one. Where the order is proved, the origin is the winner's. */
  min(other: Dim | number): Dim {
    return this.#choose(other, minimum);
  }

  /** The larger one. Where the order is proved, the origin is the winner's. */
  max(other: Dim | number): Dim {
    return this.#choose(other, maximum);
  }

  /**
   * `this / other` when the division leaves no remainder whatever the symbols are (the divisor is taken not to be 0);
   * undefined when that is not provable: B*T*32 / (B*8) is 4*T.
   */
  exactQuotient(other: Dim | number): Dim | undefined {
    const divisor = typeof other === 'number' ? Dim.of(other) : other;
    if (divisor.#plain.isZero) return undefined;
    const quotient = quotientOf(this.#plain, divisor.#plain);
    if (quotient === undefined) return undefined;
    if (this.#origin === undefined && divisor.#origin === undefined) return new Dim(quotient);
    // Cells may be any number, so that their quotient need not be exact: it is the floor of it that can be solved for.
    const origin = derived([this.#tracked, divisor.#tracked], ([a, b]) =>
      b.isZero ? undefined : (divideExactly(a, b) ?? floorDivide(a, b)),
    );
    return new Dim(quotient, origin);
  }

  /** Is `other` a multiple of this, whatever the symbols are? */
  dividesExactly(other: Dim | number): boolean {
    return (typeof other === 'number' ? Dim.of(other) : other).exactQuotient(this) !== undefined;
  }

  /** Greatest common divisor of n and all coefficients, those of the origin included; for a number, of it and n. */
  commonDivisor(n: number): number {
    const expression = this.#origin?.expression;
    const divisor = gcdInt(n, content(this.#plain, true));
    return Number(expression === undefined ? divisor : gcdInt(divisor, content(expression, true)));
  }

  equals(other: Dim | number): boolean {
    if (this === other) return true;
    if (typeof other === 'number') return this.#plain.terms.length === 0 && this.#plain.constant === other;
    if (this.#plain.constant !== other.#plain.constant) return false;
    const { isNumber } = this;
    return isNumber || other.isNumber ? isNumber && other.isNumber : this.key === other.key;
  }

  /** Are expression and {@link origin} the same? */
  isSame(other: Dim): boolean {
    if (this === other) return true;
    return this.equals(other) && isSameOrigin(this.#origin, other.#origin);
  }

  /** Is this the number 0? */
  isZero(): boolean {
    return this.#plain.isZero;
  }

  /** Provably at least 1? */
  isPositive(): boolean {
    return isPositive(this.#plain);
  }

  /** Provably at least 0? */
  isNonNegative(): boolean {
    return isNonNegative(this.#plain);
  }

  /** Provably `this >= other`? */
  isAtLeast(other: Dim | number): boolean {
    return isNonNegative(subtract(this.#plain, Dim.#plainOf(other)));
  }

  /** Provably `this <= other`? */
  isAtMost(other: Dim | number): boolean {
    return isNonNegative(subtract(Dim.#plainOf(other), this.#plain));
  }

  /** Provably `this != other`, for all values of the symbols? */
  differsFrom(other: Dim | number): boolean {
    return isNeverZero(subtract(this.#plain, Dim.#plainOf(other)));
  }

  /**
   * The value for given symbols, with Python's `//` and `%`; undefined when a symbol is missing or a divisor is 0.
   */
  evaluate(environment: Environment): number | undefined {
    const isMap = environment instanceof Map;
    const record = environment as Readonly<Record<string, number>>;
    const result = evaluate(this.#plain, (name): Int | undefined => {
      const value = isMap ? (environment.get(name) as number | undefined) : record[name];
      return value === undefined ? undefined : fromNumber(value);
    });
    return result === undefined ? undefined : Number(result);
  }

  /** The expression, and its origin, with symbols replaced (all at once). */
  substitute(replacements: ReadonlyMap<string, Dim>): Dim {
    const lookup = (name: string) => {
      const dim = replacements.get(name);
      return dim === undefined ? undefined : dim.#plain;
    };
    const plain = substitute(this.#plain, lookup);
    if (this.#origin === undefined) return plain === this.#plain ? this : new Dim(plain);
    return new Dim(
      plain,
      derived([this.#tracked], ([a]) => substitute(a, lookup)),
    );
  }

  /**
   * What the symbol must be for this to equal `value`: where it occurs once, to the first power, with a factor that
   * divides the rest exactly. Undefined otherwise: nothing is inverted through floors, minima or maxima.
   */
  solveFor(name: string, value: Dim | number = 0): Dim | undefined {
    const solution = solveFor(subtract(this.#plain, Dim.#plainOf(value)), name);
    return solution === undefined ? undefined : new Dim(solution);
  }

  /** The outermost operation and its operands: what to compute, and in which order, to get this size at run time. */
  parts(): Parts<Dim> {
    return mapParts(partsOf(this.#plain), (part) => Dim.#make(part));
  }

  /** Python syntax, as people write it: `2*T - 1`, `(T + 7)//8`, `min(T, 1000)`. {@link Dim.parse} reads it back. */
  toString(): string {
    return print(this.#plain);
  }

  /**
   * Python syntax for a file: right also for readers that take `//` for an exact division and round in the end. The same as
   * {@link toString} unless a floor is multiplied, compared or added to another one.
   */
  toExactString(): string {
    return printExactly(this.#plain);
  }

  toJSON(): number | string {
    return typeof this.exactValue === 'number' ? this.exactValue : this.toString();
  }

  #map(operation: (a: Polynomial) => Polynomial): Dim {
    const plain = operation(this.#plain);
    return this.#origin === undefined
      ? new Dim(plain)
      : new Dim(
          plain,
          derived([this.#tracked], ([a]) => operation(a)),
        );
  }

  #combine(other: Dim | number, operation: (a: Polynomial, b: Polynomial) => Polynomial): Dim {
    const b = typeof other === 'number' ? Dim.of(other) : other;
    const plain = operation(this.#plain, b.#plain);
    if (this.#origin === undefined && b.#origin === undefined) return Dim.#make(plain);
    return new Dim(
      plain,
      derived([this.#tracked, b.#tracked], ([x, y]) => operation(x, y)),
    );
  }

  #choose(other: Dim | number, operation: (operands: readonly Polynomial[]) => Polynomial): Dim {
    const b = typeof other === 'number' ? Dim.of(other) : other;
    const plain = operation([this.#plain, b.#plain]);
    if (this.#origin === undefined && b.#origin === undefined) return Dim.#make(plain);
    // Parallel code would give min(#1, #2), which no number can be solved from.
    const isThis = keyOf(plain) === keyOf(this.#plain);
    const isOther = keyOf(plain) === keyOf(b.#plain);
    if (isThis && (!isOther || this.#origin !== undefined)) return this;
    return isOther ? b : new Dim(plain, derived([this.#tracked, b.#tracked], operation));
  }

  get #tracked(): Tracked {
    return { plain: this.#plain, origin: this.#origin };
  }

  static #make(plain: Polynomial): Dim {
    return plain.terms.length === 0 ? Dim.of(plain.constant) : new Dim(plain);
  }

  static #plainOf(other: Dim | number): Polynomial {
    return typeof other === 'number' ? Polynomial.of(fromNumber(other)) : other.#plain;
  }
}
