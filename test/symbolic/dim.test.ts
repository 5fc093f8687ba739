import { describe, expect, it } from 'vitest';
import { Dim, DimSyntaxError } from '../../src/symbolic/dim.js';

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
    expect(Dim.parse('8*B*T - 8*B*(T//2)').exactQuotient(Dim.parse('B*((T + 1)//2)'))?.value).toBe(8);
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
    ['64*((T + 1)//4) - 64', '64*((T - 3)//4)'],
    ['(T - 5)//2 + 4', '(T + 3)//2'],
    ['T - T//2', '(T + 1)//2'],
    ['B*T - B*(T//2)', 'B*((T + 1)//2)'],
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

describe('numbers', () => {
  it.each([
    ['(T + 1)//2//2 + 1', '(T - 4)//2 - T//B - T + 3'],
    ['T//-2', 'T//7 - 1'],
    ['min(T, 2)', 'T*(T//2)//-2'],
    ['(T//4)*(T//2)', 'T//3'],
  ])('undoes the product of %s and %s, however its floors were added up', (a, b) => {
    const dim = Dim.parse(a);
    const factor = Dim.parse(b);
    expect(dim.mul(factor).exactQuotient(factor)?.equals(dim)).toBe(true);
  });

  it('are exact at any magnitude', () => {
    const large = Dim.of(2n ** 63n - 1n);
    expect(large.toString()).toBe('9223372036854775807');
    expect(large.add(1).exactValue).toBe(2n ** 63n);
    expect(large.sub(large).isZero()).toBe(true);
    expect(
      Dim.of(2 ** 53)
        .mul(2 ** 53)
        .floorDiv(2 ** 54).value,
    ).toBe(2 ** 52);
    expect(
      Dim.of(3 * 2 ** 52)
        .mul(T)
        .exactQuotient(3)
        ?.equals(T.mul(2 ** 52)),
    ).toBe(true);
    expect(Dim.of(-7).floorDiv(2).value).toBe(-4);
    expect(Dim.of(-7).mod(2).value).toBe(1);
    expect(Dim.of(7).mod(-2).value).toBe(-1);
    expect(Object.is(Dim.of(-0).value, 0)).toBe(true);
    expect(Object.is(Dim.of(-5).mul(0).value, 0)).toBe(true);
  });

  it('refuse what is no integer', () => {
    expect(() => Dim.of(0.5)).toThrow(RangeError);
    expect(() => Dim.of(Number.NaN)).toThrow(RangeError);
    expect(() => T.floorDiv(0)).toThrow(RangeError);
    expect(() => Dim.of(1).mod(0)).toThrow(RangeError);
  });
});

describe('facts', () => {
  it('know that input sizes are at least 1 and data dependent ones at least 0', () => {
    const n = Dim.fresh('nonzero');
    expect(T.isPositive()).toBe(true);
    expect(n.isPositive()).toBe(false);
    expect(n.isNonNegative()).toBe(true);
    expect(Dim.parse('#1').isNonNegative()).toBe(false);
    expect(n.isFresh).toBe(true);
    expect(n.add(T).isFresh).toBe(false);
    expect(n.add(T).hasFresh).toBe(true);
    expect(T.hasFresh).toBe(false);
    expect(Dim.fresh('nonzero').equals(n)).toBe(false);
  });

  it.each([
    ['T*B - T - B + 1', true],
    ['(T + 7)//8*8 - T', true],
    ['T - T//2*2', true],
    ['(T + 1)//2 - 1', true],
    ['2*T - 1 - T', true],
    ['T - max(T - 3, 0)', true],
    ['5 - min(T, 5)', true],
    ['(T - 1)//2', true],
    ['T*T - T', true],
    ['T//U', true],
    ['T - U', false],
    ['T - 2', false],
    ['T//2 - 1', false],
  ])('%s >= 0 is %s', (text, expected) => {
    expect(Dim.parse(text).isNonNegative()).toBe(expected);
  });

  it('compare', () => {
    expect(T.isAtLeast(1)).toBe(true);
    expect(T.isAtMost(T.mul(2))).toBe(true);
    expect(T.isAtMost(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(T.differsFrom(T.add(1))).toBe(true);
    expect(T.mul(2).differsFrom(7)).toBe(true);
    expect(T.differsFrom(0)).toBe(true);
    expect(T.differsFrom(7)).toBe(false);
    expect(Dim.of(3).differsFrom(4)).toBe(true);
  });
});

describe('parse', () => {
  it.each(['', '1 +', 'T T', '(T', 'T)', 'feats len', 'f(T)', '1.5', 'T/2', 'T//0', 'min()', '2**T', 'T$', '"T'])(
    'refuses %j',
    (text) => {
      expect(() => Dim.parse(text)).toThrow(DimSyntaxError);
    },
  );

  it('reads names as exporters and origins write them', () => {
    for (const name of ['batch_size', 'input.1_dim_0', 's0', '?nonzero_3', '#12', '#3.0', '#3@5', 'unk__0', 'größe']) {
      expect(Dim.parse(name).symbolName).toBe(name);
    }
  });

  it('reads back quoted names', () => {
    const dim = Dim.symbol('feats len').mul(2).add(1);
    expect(dim.toString()).toBe('2*"feats len" + 1');
    expect(Dim.parse(dim.toString()).equals(dim)).toBe(true);
  });

  it('binds like Python', () => {
    expect(Dim.parse('-T//2').equals(Dim.parse('(-T)//2'))).toBe(true);
    expect(Dim.parse('7 - 3 - 2').value).toBe(2);
    expect(Dim.parse('2 + 3*4').value).toBe(14);
    expect(Dim.parse('-2**2').value).toBe(-4);
    expect(Dim.parse('7//2*2 % 5').value).toBe(1);
  });
});

describe('growth', () => {
  it('is bounded: a symbol stands for what is too large to follow', () => {
    let dim = T;
    for (let i = 0; i < 60; i++)
      dim = dim
        .mul(dim.add(Dim.symbol(`s${i % 9}`)))
        .floorDiv(3)
        .max(dim.sub(i));
    expect(dim.key.length).toBeLessThan(20_000);
    expect(dim.hasFresh).toBe(true);
  });
});
