import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dim } from '../../src/symbolic/dim.js';
import { dimOf, evaluateBy, expression, type Sizes, sizes } from './expressions.js';

/** What a reader computes that takes `//` for an exact division and rounds down in the end. */
function readRational(text: string, at: Sizes): number {
  const tokens = text.match(/\d+|[?\w]+|\/\/|[-+*%(),]/g) ?? [];
  let next = 0;
  const accept = (...wanted: string[]) => (wanted.includes(tokens[next] ?? '') ? tokens[next++] : undefined);
  const primary = (): number => {
    const token = tokens[next++] as string;
    if (token === '-') return -primary();
    if (token !== '(' && token !== 'min' && token !== 'max')
      return /^\d/.test(token) ? Number(token) : at[token as 'T'];
    if (token !== '(') accept('(');
    const values = [sum()];
    while (accept(',')) values.push(sum());
    accept(')');
    return token === 'max' ? Math.max(...values) : Math.min(...values);
  };
  const product = (): number => {
    let left = primary();
    for (let operator = accept('*', '//', '%'); operator !== undefined; operator = accept('*', '//', '%')) {
      const right = primary();
      if (operator === '*') left *= right;
      else left = operator === '//' ? left / right : left - right * Math.floor(left / right + 1e-9);
    }
    return left;
  };
  const sum = (): number => {
    let left = product();
    for (let operator = accept('+', '-'); operator !== undefined; operator = accept('+', '-')) {
      left += product() * (operator === '+' ? 1 : -1);
    }
    return left;
  };
  return Math.floor(sum() + 1e-6) + 0;
}

describe('toExactString', () => {
  it('leaves what needs no other form as people write it', () => {
    for (const text of ['2*T - 1', '(T + 7)//8', '(T + 1)//2', 'B*H', 'min(T, 1000)', '(T + 3)//4 - 1', 'B*(T % 8)']) {
      expect(Dim.parse(text).toExactString()).toBe(Dim.parse(text).toString());
    }
  });

  it.each([
    ['64*(T//4)', '64*((T - T % 4)//4)'],
    ['T//2 + T//3', '(T - T % 2)//2 + (T - T % 3)//3'],
    ['max(2*((T + 1)//4) - 3, 0)', 'max(2*((T + 1 - (T + 1) % 4)//4) - 3, 0)'],
  ])('divides without remainder in %s', (text, exact) => {
    expect(Dim.parse(text).toExactString()).toBe(exact);
    expect(Dim.parse(exact).equals(Dim.parse(text))).toBe(true);
  });

  it('is right however // is read', () => {
    let compared = 0;
    fc.assert(
      fc.property(expression, sizes, (e, at) => {
        const dim = dimOf(e);
        const value = evaluateBy(e, at);
        if (value === undefined || Math.abs(value) > 1e6) return;
        const text = dim.toExactString();
        expect((Dim.parse(text).evaluate(at) ?? Number.NaN) + 0, text).toBe(value + 0);
        expect(readRational(text, at), text).toBe(value + 0);
        compared++;
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});
