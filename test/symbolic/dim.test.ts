import { describe, expect, it } from 'vitest';
import { Dim } from '../../src/symbolic/dim.js';

const T = Dim.symbol('T');
const B = Dim.symbol('B');
const H = Dim.symbol('H');

function same(a: string, b: string): void {
  expect(Dim.parse(a).key, `${a} == ${b}`).toBe(Dim.parse(b).key);
}

describe('canonical form', () => {
  it.each([
    ['(T - 1)//2 + 1', '(T + 1)//2'],
    ['T - T//2', '(T + 1)//2'],
    ['(T//2)//3', 'T//6'],
    ['((T - 1)//2 - 1)//2', '(T - 3)//4'],
    ['(2*T + 1)//2', 'T'],
    ['(B*T*32)//32', 'B*T'],
    ['(T*8) % 8', '0'],
    ['T % 8', 'T - 8*(T//8)'],
    ['T + (8 - T % 8) % 8', '(T + 7)//8*8'],
    ['-(-T//8)', '(T + 7)//8'],
    ['min(T, T + 1)', 'T'],
    ['max(T - 1, 0)', 'T - 1'],
    ['max(T - 3, 0) + 3', 'max(T, 3)'],
    ['min(T, 5) + max(T, 5)', 'T + 5'],
    ['-max(-T, -5)', 'min(5, T)'],
    ['max(max(T, U), V)', 'max(U, max(V, T))'],
    ['max(min(a - 7, T), 0)', 'min(max(a - 7, 0), T)'],
    ['max(2*T, 6)', '2*max(T, 3)'],
    ['min(T, 5000)//2', 'min(T//2, 2500)'],
    ['min(T, 9223372036854775807)', 'T'],
    ['max(T - 9223372036854775807, 0)', '0'],
    ['(T % 4)//8', '0'],
    ['(T*T + T)//T', 'T + 1'],
    ['(B*T)//(B*U)', 'T//U'],
    ['(T//U)//2', 'T//(2*U)'],
    ['(2*T + 1)//(2*U)', 'T//U'],
    ['T//(T + 1)', '0'],
    ['floor(T/2 - 1/2) + 1', '(T + 1)//2'],
    ['ceiling(T/2)', '(T + 1)//2'],
    ['Max(1, T)', 'T'],
    ['T**2', 'T*T'],
    ['Mod(T, 4)', 'T % 4'],
  ])('%s is %s', (a, b) => same(a, b));

  it('keeps different things apart', () => {
    const texts = [
      'T',
      'U',
      'T + 1',
      '2*T',
      'T*U',
      'T//2',
      '(T + 1)//2',
      'T//3',
      'T % 2',
      'min(T, U)',
      'max(T, U)',
      'T//U',
    ];
    expect(new Set(texts.map((text) => Dim.parse(text).key)).size).toBe(texts.length);
  });

  it('does not confuse names with expressions', () => {
    expect(Dim.symbol('2*T').equals(T.mul(2))).toBe(false);
    expect(Dim.symbol('floor(T,2)').equals(T.floorDiv(2))).toBe(false);
  });
});

describe('exactQuotient', () => {
  it('proves the relative shift', () => {
    const before = [B, H, T, T.mul(2).sub(1)];
    const padded = [B, H, T, (before[3] as Dim).add(1)];
    const count = padded.reduce((a, b) => a.mul(b));
    const rows = count.exactQuotient(B.mul(H).mul(T)) as Dim;
    expect(rows.equals(T.mul(2))).toBe(true);
    const sliced = [B, H, rows.sub(1), T].reduce((a, b) => a.mul(b));
    const width = sliced.exactQuotient(B.mul(H).mul(T)) as Dim;
    expect(width.toString()).toBe('2*T - 1');
    expect(sliced.exactQuotient(B.mul(H).mul(width))?.equals(T)).toBe(true);
    expect(T.min(width).equals(T)).toBe(true);
  });

  it('divides products by their factors', () => {
    expect(B.mul(T).mul(32).exactQuotient(B.mul(8))?.toString()).toBe('4*T');
    expect(T.exactQuotient(2)).toBeUndefined();
    expect(T.exactQuotient(0)).toBeUndefined();
    expect(Dim.of(8).dividesExactly(T.add(7).floorDiv(8).mul(16))).toBe(true);
    expect(Dim.of(8).dividesExactly(T)).toBe(false);
  });
});

describe('toString', () => {
  it.each([
    ['2*T - 1', '2*T - 1'],
    ['(T - 1)//2 + 1', '(T + 1)//2'],
    ['5 - T', '5 - T'],
    ['T % 8', 'T % 8'],
    ['T % 2', 'T % 2'],
    ['max(T - 3, 0)', 'max(T - 3, 0)'],
    ['min(T, 1000)', 'min(T, 1000)'],
    ['-(T//2)', '-(T//2)'],
    ['8*((T + 7)//8)', '8*((T + 7)//8)'],
    ['B*H*(2*T - 1)', 'B*H*(2*T - 1)'],
    ['-T', '-T'],
    ['0', '0'],
    ['9223372036854775807', '9223372036854775807'],
  ])('prints %s', (text, printed) => {
    expect(Dim.parse(text).toString()).toBe(printed);
    same(text, Dim.parse(text).toString());
  });
});
