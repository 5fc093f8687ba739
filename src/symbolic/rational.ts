import type { Dim, Environment } from './dim.js';

/**
 * An exact quotient of a size by a positive integer that does not divide it provably: T/2, (3*T - 1)/4. Immutable. What
 * divides exactly is a `Dim` instead, so build these with {@link Rational.of}.
 */
export class Rational {
  private constructor(
    readonly num: Dim,
    /** An integer above 1. */
    readonly den: number,
  ) {}

  /**
   * `num / den`, reduced as far as the origin allows; a Dim when den divides every coefficient. Throws `RangeError` when
   * den is not a safe integer or is 0.
   */
  static of(num: Dim, den: number): Dim | Rational {
    if (den === 0 || !Number.isSafeInteger(den)) throw new RangeError(`cannot divide by ${den}`);
    if (den < 0) return Rational.of(num.neg(), -den);
    if (den === 1) return num;
    if (num.withoutOrigin().commonDivisor(den) === den) return num.exactQuotient(den) as Dim;
    const common = num.commonDivisor(den);
    return common === 1 ? new Rational(num, den) : new Rational(num.exactQuotient(common) as Dim, den / common);
  }

  add(other: Dim | Rational): Dim | Rational | undefined {
    const [num, den] = parts(other);
    const common = safeProduct(this.den, den);
    return common === undefined ? undefined : Rational.of(this.num.mul(den).add(num.mul(this.den)), common);
  }

  sub(other: Dim | Rational): Dim | Rational | undefined {
    return this.add(other.neg());
  }

  mul(other: Dim | Rational): Dim | Rational | undefined {
    const [num, den] = parts(other);
    const product = safeProduct(this.den, den);
    return product === undefined ? undefined : Rational.of(this.num.mul(num), product);
  }

  neg(): Rational {
    return new Rational(this.num.neg(), this.den);
  }

  floor(): Dim {
    return this.num.floorDiv(this.den);
  }

  ceil(): Dim {
    return this.num.ceilDiv(this.den);
  }

  /** To the nearest integer, halves to the even one. */
  round(): Dim {
    const floor = this.floor();
    const twice = this.num.mul(2).sub(floor.mul(2 * this.den)); // twice the fraction, in units of 1/den
    // 0 below a half, 1 above; at exactly a half, the parity of the floor decides.
    const above = twice.sub(1).floorDiv(this.den).max(0);
    const atHalf = twice.floorDiv(this.den).max(0).sub(above);
    return floor.add(above).add(atHalf.mul(floor.mod(2)));
  }

  /** Towards zero. */
  truncate(): Dim | undefined {
    if (this.num.isNonNegative()) return this.floor();
    return this.num.isAtMost(0) ? this.ceil() : undefined;
  }

  equals(other: Dim | Rational): boolean {
    return other instanceof Rational && this.key === other.key;
  }

  /** Equal exactly for equal rationals. */
  get key(): string {
    const { num, den } = this.#lowest;
    return `(${num.key})/${den}`;
  }

  /** In lowest terms, without the origin. */
  get #lowest(): { num: Dim; den: number } {
    const num = this.num.withoutOrigin();
    const common = num.commonDivisor(this.den);
    return { num: num.exactQuotient(common) as Dim, den: this.den / common };
  }

  /** The value as a double; undefined when a symbol is missing. */
  evaluate(environment: Environment): number | undefined {
    const num = this.num.evaluate(environment);
    return num === undefined ? undefined : num / this.den;
  }

  substitute(replacements: ReadonlyMap<string, Dim>): Dim | Rational {
    return Rational.of(this.num.substitute(replacements), this.den);
  }

  toString(): string {
    const { num, den } = this.#lowest;
    return `(${num})/${den}`;
  }
}

function parts(value: Dim | Rational): readonly [Dim, number] {
  return value instanceof Rational ? [value.num, value.den] : [value, 1];
}

function safeProduct(a: number, b: number): number | undefined {
  const product = a * b;
  return Number.isSafeInteger(product) ? product : undefined;
}
