import fc from 'fast-check';
import { Dim } from '../../src/symbolic/dim.js';

/** An expression tree, evaluated without any of the library's algebra. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: Operation; readonly left: Expression; readonly right: Expression };
type Operation = 'add' | 'sub' | 'mul' | 'floorDiv' | 'ceilDiv' | 'mod' | 'min' | 'max';

export const NAMES = ['T', 'U', '?n'] as const;
export type Sizes = Readonly<Record<(typeof NAMES)[number], number>>;

/** Inputs' sizes are at least 1, data dependent ones at least 0. */
export const sizes: fc.Arbitrary<Sizes> = fc.record({
  T: fc.integer({ min: 1, max: 40 }),
  U: fc.integer({ min: 1, max: 40 }),
  '?n': fc.integer({ min: 0, max: 40 }),
});

/** A fixed grid of sizes, small ones all. */
export const GRID: Sizes[] = [];
for (const T of [1, 2, 3, 4, 5, 6, 7, 8, 13, 24]) {
  for (const U of [1, 2, 3, 4, 5, 12]) for (const n of [0, 1, 2, 7]) GRID.push({ T, U, '?n': n });
}

const constant: fc.Arbitrary<Expression> = fc
  .integer({ min: -9, max: 12 })
  .map((value) => ({ kind: 'number' as const, value }));
const name: fc.Arbitrary<Expression> = fc
  .constantFrom(...NAMES)
  .map((symbol) => ({ kind: 'symbol' as const, name: symbol }));
const divisor: fc.Arbitrary<Expression> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 8 }).map((value) => ({ kind: 'number' as const, value })) },
  { weight: 1, arbitrary: fc.integer({ min: -4, max: -1 }).map((value) => ({ kind: 'number' as const, value })) },
  { weight: 1, arbitrary: name },
);

export const expression: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'expression' },
    fc.oneof(constant, name),
    fc.record({
      kind: fc.constantFrom<Operation>('add', 'sub', 'mul', 'min', 'max', 'add', 'sub'),
      left: tie('node'),
      right: tie('node'),
    }),
    fc.record({
      kind: fc.constantFrom<Operation>('floorDiv', 'ceilDiv', 'mod'),
      left: tie('node'),
      right: divisor,
    }),
  ),
})).node;

/** The value by definition; undefined where it divides by 0. */
export function evaluateBy(e: Expression, at: Sizes): number | undefined {
  if (e.kind === 'number') return e.value;
  if (e.kind === 'symbol') return at[e.name as keyof Sizes];
  const a = evaluateBy(e.left, at);
  const b = evaluateBy(e.right, at);
  if (a === undefined || b === undefined) return undefined;
  switch (e.kind) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'floorDiv':
      return b === 0 ? undefined : Math.floor(a / b);
    case 'ceilDiv':
      return b === 0 ? undefined : Math.ceil(a / b);
    case 'mod':
      return b === 0 ? undefined : a - b * Math.floor(a / b);
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
  }
}

/** The same through the library. */
export function dimOf(e: Expression): Dim {
  if (e.kind === 'number') return Dim.of(e.value);
  if (e.kind === 'symbol') return Dim.symbol(e.name);
  return dimOf(e.left)[e.kind](dimOf(e.right));
}
