import { describe, expect, it } from 'vitest';
import { Dim } from '../../src/symbolic/dim.js';

const T = Dim.symbol('T');
const a = Dim.cell('#a', 1000);
const b = Dim.cell('#b', 20);

describe('origins', () => {
  it('never show in value, key or equality', () => {
    expect(a.value).toBe(1000);
    expect(a.equals(Dim.of(1000))).toBe(true);
    expect(a.key).toBe(Dim.of(1000).key);
    expect(a.symbols().size).toBe(0);
    expect(a.add(T).key).toBe(T.add(1000).key);
  });

  it('repeat the computation over cells', () => {
    expect(a.sub(1).floorDiv(2).add(1).origin?.key).toBe(Dim.parse('(#a - 1)//2 + 1').key);
    expect(a.mul(b).add(T).origin?.key).toBe(Dim.parse('#a*#b + T').key);
    expect(Dim.of(8).sub(a.mod(8)).mod(8).origin?.key).toBe(Dim.parse('(8 - #a % 8) % 8').key);
    expect(a.neg().origin?.toString()).toBe('-#a');
    expect([...a.mul(b).cells].sort()).toEqual(['#a', '#b']);
  });

  it('are lost where no cell is left', () => {
    expect(a.mul(0).origin).toBeUndefined();
    expect(a.mul(0).cells.size).toBe(0);
    expect(a.sub(a).origin).toBeUndefined();
    expect(T.origin).toBeUndefined();
  });

  it("are the winner's where a minimum or maximum is decided", () => {
    expect(a.min(b).origin?.key).toBe('#b');
    expect(a.max(b).origin?.key).toBe('#a');
    expect(a.max(0).origin?.key).toBe('#a');
    expect(Dim.of(20).min(b).origin?.key).toBe('#b');
    expect(a.min(T).origin?.key).toBe(Dim.parse('min(#a, T)').key);
  });

  it('divide, exactly where the cells do and rounded down where they do not', () => {
    expect(a.mul(b).exactQuotient(b)?.origin?.key).toBe('#a');
    expect(a.mul(T).exactQuotient(T)?.origin?.key).toBe('#a');
    const quotient = a.exactQuotient(b) as Dim;
    expect(quotient.value).toBe(50);
    expect(quotient.origin?.key).toBe(Dim.symbol('#a').floorDiv(Dim.symbol('#b')).key);
    expect([...quotient.cells].sort()).toEqual(['#a', '#b']);
  });

  it('are dropped past sixteen cells, for good', () => {
    let sum = Dim.of(0);
    for (let i = 0; i < 16; i++) sum = sum.add(Dim.cell(`#${i}`, i));
    expect(sum.origin?.symbols().size).toBe(16);
    sum = sum.add(Dim.cell('#16', 16));
    expect(sum.origin).toBeUndefined();
    expect(sum.cells.size).toBe(17);
    expect(sum.add(a).origin).toBeUndefined();
    for (let i = 17; i < 100; i++) sum = sum.add(Dim.cell(`#${i}`, i));
    expect(sum.cells.size).toBe(24);
  });

  it('follow substitution and can be set', () => {
    const dim = T.mul(2).withOrigin(T.mul(a));
    expect(dim.origin?.key).toBe(Dim.parse('T*#a').key);
    const replaced = dim.substitute(new Map([['T', Dim.of(5)]]));
    expect(replaced.value).toBe(10);
    expect(replaced.origin?.key).toBe(Dim.parse('5*#a').key);
    expect(a.withoutOrigin().origin).toBeUndefined();
    expect(() => Dim.cell('a', 1)).toThrow(RangeError);
  });

  it('can be solved for a cell', () => {
    const literal = a.sub(1).mul(2);
    const difference = (literal.origin as Dim).sub(T.mul(2).add(4));
    expect(difference.solveFor('#a')?.toString()).toBe('T + 3');
    expect(Dim.parse('#a//2 - T').solveFor('#a')).toBeUndefined();
    expect(Dim.parse('#a*T - B*T').solveFor('#a')?.toString()).toBe('B');
    expect(Dim.parse('2*#a - T').solveFor('#a')).toBeUndefined();
    expect(Dim.parse('#a*#a - T').solveFor('#a')).toBeUndefined();
  });
});
