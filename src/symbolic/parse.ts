import { floorDivide, modulo } from './floor.js';
import { gcdInt, type Int, normal } from './int.js';
import { maximum, minimum } from './maximum.js';
import { add, content, multiply, negate, Polynomial, scale } from './polynomial.js';
import { divideDown, divideExactly } from './quotient.js';
import { symbol } from './symbols.js';

/** Thrown for text that is not an integer expression. */
export class DimSyntaxError extends SyntaxError {
  override name = 'DimSyntaxError';
  constructor(
    readonly text: string,
    readonly offset: number,
    what: string,
  ) {
    super(`${what} at ${offset} of ${JSON.stringify(text)}`);
  }
}

const TOKEN =
  /\s*(?:(\d+)(?![\p{L}_.])|((?:[\p{L}_]|[?#][\p{L}\p{N}_])[\p{L}\p{N}_.@:]*)|("(?:[^"\\]|\\.)*")|(\*\*|\/\/|[-+*/%(),]))/uy;

/** A quotient that parsing has not seen the floor of yet: sympy writes floor(T/2 - 1/2). */
interface Fraction {
  readonly numerator: Polynomial;
  readonly denominator: Int;
}

/** Reads an integer expression in Python or sympy syntax. */
export function parse(text: string): Polynomial {
  return new Parser(text).all();
}

interface Token {
  readonly kind: 'number' | 'name' | 'operator' | 'end';
  readonly text: string;
  readonly offset: number;
}

class Parser {
  readonly #text: string;
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = this.#scan(text);
  }

  all(): Polynomial {
    const result = this.#integer(this.#sum());
    if (this.#next.kind !== 'end') throw this.#error(`unexpected ${JSON.stringify(this.#next.text)}`);
    return result;
  }

  #scan(text: string): Token[] {
    const tokens: Token[] = [];
    const end = text.trimEnd().length;
    let offset = 0;
    while (offset < end) {
      TOKEN.lastIndex = offset;
      const match = TOKEN.exec(text);
      if (match === null) throw new DimSyntaxError(text, offset, 'unexpected character');
      const [all, number, name, quoted, operator] = match;
      const start = offset + all.length - all.trimStart().length;
      if (number !== undefined) tokens.push({ kind: 'number', text: number, offset: start });
      else if (name !== undefined) tokens.push({ kind: 'name', text: name, offset: start });
      else if (quoted !== undefined) tokens.push({ kind: 'name', text: unquote(quoted), offset: start });
      else tokens.push({ kind: 'operator', text: operator as string, offset: start });
      offset += all.length;
    }
    tokens.push({ kind: 'end', text: '', offset: text.length });
    return tokens;
  }

  get #next(): Token {
    return this.#tokens[this.#position] as Token;
  }

  #accept(...operators: string[]): string | undefined {
    const { kind, text } = this.#next;
    if (kind !== 'operator' || !operators.includes(text)) return undefined;
    this.#position++;
    return text;
  }

  #expect(operator: string): void {
    if (this.#accept(operator) === undefined) throw this.#error(`expected ${JSON.stringify(operator)}`);
  }

  #error(what: string): DimSyntaxError {
    return new DimSyntaxError(this.#text, this.#next.offset, what);
  }

  #sum(): Fraction {
    let left = this.#product();
    for (;;) {
      const operator = this.#accept('+', '-');
      if (operator === undefined) return left;
      const right = this.#product();
      const numerator = scale(right.numerator, operator === '-' ? -1 : 1);
      left = fraction(
        add(scale(left.numerator, right.denominator), scale(numerator, left.denominator)),
        multiply(Polynomial.of(left.denominator), Polynomial.of(right.denominator)).constant,
      );
    }
  }

  #product(): Fraction {
    let left = this.#unary();
    for (;;) {
      const operator = this.#accept('*', '//', '/', '%');
      if (operator === undefined) return left;
      const right = this.#unary();
      if (operator === '*') left = times(left, right);
      else if (operator === '/') left = this.#over(left, right);
      else left = whole(this.#divide(operator, this.#integer(left), this.#integer(right)));
    }
  }

  #divide(operator: string, a: Polynomial, b: Polynomial): Polynomial {
    if (b.isZero) throw this.#error('division by zero');
    return operator === '//' ? floorDivide(a, b) : modulo(a, b);
  }

  #over(left: Fraction, right: Fraction): Fraction {
    const inverted = scale(left.numerator, right.denominator);
    if (right.numerator.isZero) throw this.#error('division by zero');
    if (right.numerator.isConstant) {
      return fraction(inverted, multiply(Polynomial.of(left.denominator), right.numerator).constant);
    }
    const quotient = divideExactly(inverted, right.numerator);
    if (quotient === undefined) throw this.#error('not an integer');
    return fraction(quotient, left.denominator);
  }

  #unary(): Fraction {
    if (this.#accept('-') !== undefined) {
      const { numerator, denominator } = this.#unary();
      return { numerator: negate(numerator), denominator };
    }
    if (this.#accept('+') !== undefined) return this.#unary();
    const base = this.#primary();
    if (this.#accept('**') === undefined) return base;
    const exponent = this.#integer(this.#unary());
    const power = exponent.constant;
    if (!exponent.isConstant || power < 0 || power > 16) throw this.#error('exponents are numbers from 0 to 16');
    let result = whole(Polynomial.ONE);
    for (let i = 0; i < power; i++) result = times(result, base);
    return result;
  }

  #primary(): Fraction {
    const token = this.#next;
    if (this.#accept('(') !== undefined) {
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    }
    if (token.kind === 'number') {
      this.#position++;
      return whole(Polynomial.of(normal(BigInt(token.text))));
    }
    if (token.kind !== 'name')
      throw this.#error(token.kind === 'end' ? 'unexpected end' : `unexpected "${token.text}"`);
    this.#position++;
    return this.#accept('(') === undefined ? whole(symbol(token.text)) : this.#call(token);
  }

  #call({ text: name, offset }: Token): Fraction {
    const fractions: Fraction[] = [];
    do fractions.push(this.#sum());
    while (this.#accept(',') !== undefined);
    this.#expect(')');
    const [first, second] = fractions as [Fraction, Fraction?];
    const rounds = name === 'floor' || name === 'ceil' || name === 'ceiling';
    if (rounds && second === undefined) {
      const denominator = Polynomial.of(first.denominator);
      if (name === 'floor') return whole(floorDivide(first.numerator, denominator));
      return whole(negate(floorDivide(negate(first.numerator), denominator)));
    }
    const values = fractions.map((value) => this.#integer(value));
    if (name === 'min' || name === 'Min') return whole(minimum(values));
    if (name === 'max' || name === 'Max') return whole(maximum(values));
    const [a, b] = values as [Polynomial, Polynomial?];
    if (b !== undefined && values.length === 2) {
      if (name === 'FloorDiv') return whole(this.#divide('//', a, b));
      if (name === 'CeilDiv') return whole(negate(this.#divide('//', negate(a), b)));
      if (name === 'Mod') return whole(this.#divide('%', a, b));
    }
    throw new DimSyntaxError(this.#text, offset, `no function ${name} of ${values.length}`);
  }

  #integer({ numerator, denominator }: Fraction): Polynomial {
    if (denominator !== 1) throw this.#error('not an integer');
    return numerator;
  }
}

function whole(numerator: Polynomial): Fraction {
  return { numerator, denominator: 1 };
}

/** Normal form: positive denominator, no common divisor. */
function fraction(numerator: Polynomial, denominator: Int): Fraction {
  if (denominator < 0)
    return fraction(negate(numerator), multiply(Polynomial.of(denominator), Polynomial.of(-1)).constant);
  const common = gcdInt(content(numerator, true), denominator);
  if (common === 1) return { numerator, denominator };
  return {
    numerator: divideDown(numerator, common),
    denominator: divideDown(Polynomial.of(denominator), common).constant,
  };
}

function times(a: Fraction, b: Fraction): Fraction {
  return fraction(
    multiply(a.numerator, b.numerator),
    multiply(Polynomial.of(a.denominator), Polynomial.of(b.denominator)).constant,
  );
}

function unquote(text: string): string {
  return JSON.parse(text) as string;
}
