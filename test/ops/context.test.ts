import { describe, expect, test } from 'vitest';
import { RuleContext, type RuleContextOptions } from '../../src/ops/context.js';
import type { TensorFacts } from '../../src/ops/types.js';
import { CONTENT_LIMIT } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import { Rational } from '../../src/symbolic/scalar.js';
import { DataType } from '../../src/tensor/dtype.js';
import { facts, PlainAttributes } from './harness.js';

const { FLOAT, INT64 } = DataType;

/** A context that writes down what it is told to report. */
function contextFor(inputs: readonly (TensorFacts | undefined)[] = [], more: Partial<RuleContextOptions> = {}) {
  const log: string[] = [];
  const bound = new Map<string, Dim>();
  const context = new RuleContext({
    opType: 'Add',
    domain: '',
    opset: 20,
    attributes: new PlainAttributes(),
    inputs,
    outputPresent: [true],
    onConflict: (a, b, what) => log.push(`conflict ${a} ${b} ${what}`),
    onEqual: (a, b) => log.push(`equal ${a} ${b}`),
    bind: (symbol, dim) => {
      log.push(`bind ${dim}`);
      bound.set(symbol, dim);
    },
    resolve: (dim) => dim.substitute(bound),
    ...more,
  });
  return { context, log };
}

const T = Dim.symbol('T');
const B = Dim.symbol('B');

describe('unify', () => {
  test('equal sizes are fine, unknown ones give way', () => {
    const { context, log } = contextFor();
    expect(context.unify(T, Dim.parse('(2*T)//2'), 'x')?.toString()).toBe('T');
    expect(context.unify(undefined, T, 'x')).toBe(T);
    expect(context.unify(T, undefined, 'x')).toBe(T);
    expect(context.unify(undefined, undefined, 'x')).toBeUndefined();
    expect(log).toEqual([]);
  });

  test('a number against an expression is a conflict that the expression wins', () => {
    const { context, log } = contextFor();
    expect(context.unify(Dim.of(1000), T, 'x')).toBe(T);
    expect(context.unify(T, Dim.of(1000), 'x')).toBe(T);
    expect(log).toEqual(['conflict 1000 T x', 'conflict T 1000 x']);
  });

  test('the number wins where that is asked for: a size of 1 broadcasts to it', () => {
    const { context, log } = contextFor([], { preferLiterals: true });
    expect(context.unify(Dim.of(1000), T, 'x')?.value).toBe(1000);
    expect(context.unify(T, Dim.of(1000), 'x')?.value).toBe(1000);
    expect(log).toHaveLength(2);
  });

  test('of two different numbers the first wins', () => {
    const { context, log } = contextFor();
    expect(context.unify(Dim.of(3), Dim.of(4), 'x')?.value).toBe(3);
    expect(log).toEqual(['conflict 3 4 x']);
  });

  test('expressions that provably differ conflict; others are assumed equal, the simpler one goes on', () => {
    const { context, log } = contextFor();
    expect(context.unify(T, T.add(1), 'x')).toBe(T);
    expect(context.unify(T.add(B), B, 'x')?.toString()).toBe('B + T');
    expect(context.unify(T.floorDiv(3), B, 'x')).toBe(B);
    expect(log).toEqual(['conflict T T + 1 x', 'conflict B + T B x', 'equal T//3 B']);
  });

  test('a size that depends on data takes what it must be equal to', () => {
    const { context, log } = contextFor();
    const n = Dim.fresh('nonzero');
    expect(context.unify(n, T, 'x')).toBe(T);
    expect(context.unify(Dim.of(5), n, 'x')?.toString()).toBe('T');
    expect(log).toEqual(['bind T', 'conflict 5 T x']);
  });

  test('a data-dependent symbol inside an expression is solved for', () => {
    const { context, log } = contextFor();
    const n = Dim.fresh('topk');
    expect(context.unify(n.add(1), T, 'x')).toBe(T);
    expect(context.unify(n, T.sub(1), 'x')?.toString()).toBe('T - 1');
    expect(log).toEqual(['bind T - 1']);
  });

  test('a data-dependent symbol that cannot be solved for is only assumed equal', () => {
    const { context, log } = contextFor();
    expect(context.unify(Dim.fresh('n').floorDiv(2), Dim.of(7), 'x')?.value).toBe(7);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^equal /);
  });

  test('tells where the sizes come from', () => {
    const sites: unknown[] = [];
    const { context } = contextFor([], { onConflict: (_a, _b, _what, where) => sites.push(where) });
    context.unify(T, Dim.of(2), 'x', [{ input: 0, axis: 1 }]);
    expect(sites).toEqual([[{ input: 0, axis: 1 }]]);
  });
});

describe('broadcast', () => {
  const shapeOf = (a: readonly (number | string | undefined)[], b: readonly (number | string | undefined)[]) => {
    const { context, log } = contextFor([facts(FLOAT, a), facts(FLOAT, b)]);
    return [`[${context.broadcast()?.map((dim) => dim?.toString() ?? '?')}]`, ...log];
  };

  test.each([
    [[], [3], '[3]'],
    [['B', 1], [4], '[B,4]'],
    [['B', 1, 'T'], [1, 'T', 1], '[B,T,T]'],
    [[1], [0], '[0]'],
    [[undefined], [1], '[?]'],
    [[undefined], [7], '[7]'],
    [[undefined], ['T'], '[?]'],
  ] as const)('%j and %j make %s', (a, b, expected) => {
    expect(shapeOf(a, b)).toEqual([expected]);
  });

  test('a frozen size is a conflict', () => {
    expect(shapeOf(['T'], [1000])).toEqual(['[T]', 'conflict T 1000 broadcasting of Add']);
  });

  test('different symbols are assumed equal', () => {
    expect(shapeOf(['T'], ['S'])).toEqual(['[T]', 'equal T S']);
  });

  test('a data-dependent size may be 1: the other size is the result, and nothing is bound', () => {
    const n = Dim.fresh('n');
    const { context, log } = contextFor([facts(FLOAT, [n, n]), facts(FLOAT, [3, 'T'])]);
    expect(String(context.broadcast())).toBe('3,T');
    expect(log).toEqual([]);
  });

  test('the sites of a conflict are the axes of both inputs', () => {
    const sites: unknown[] = [];
    const inputs = [facts(FLOAT, ['B', 'T', 8]), facts(FLOAT, [1000, 8])];
    const { context } = contextFor(inputs, { onConflict: (_a, _b, _what, where) => sites.push(where) });
    context.broadcast();
    expect(sites).toEqual([
      [
        { input: 0, axis: 1 },
        { input: 1, axis: 0 },
      ],
    ]);
  });

  test('an input whose rank is not known leaves the result unknown', () => {
    expect(contextFor([facts(FLOAT, ['B']), facts(FLOAT, undefined)]).context.broadcast()).toBeUndefined();
    expect(String(contextFor([facts(FLOAT, ['B']), facts(FLOAT, undefined)]).context.broadcast([0]))).toBe('B');
  });
});

describe('inputs and outputs', () => {
  test('sizes and elements that were bound since are resolved', () => {
    const n = Dim.fresh('n');
    const content = facts(INT64, [2], [n, Rational.of(n, 2)]);
    const { context } = contextFor([facts(FLOAT, [n, 4]), content]);
    context.unify(n, T, 'x');
    expect(String(context.shape(0))).toBe('T,4');
    expect(String(context.content(1))).toBe('T,(T)/2');
  });

  test('an absent input is told from an unknown one', () => {
    const { context } = contextFor([undefined, undefined], { inputPresent: [true, false] });
    expect([context.hasInput(0), context.hasInput(1), context.hasInput(2)]).toEqual([true, false, false]);
    expect(context.inputCount).toBe(2);
  });

  test('contents are kept only where they can be: sizes all numbers, as many elements, not too many', () => {
    const contentAfter = (shape: readonly (number | string)[], count: number) => {
      const { context } = contextFor();
      const content = new Array<Dim>(count).fill(Dim.of(0));
      context.setTensor(0, INT64, facts(INT64, shape).shape, content);
      return (context.outputs[0] as TensorFacts).content?.length;
    };
    expect(contentAfter([2, 3], 6)).toBe(6);
    expect(contentAfter([], 1)).toBe(1);
    expect(contentAfter([2, 3], 5)).toBeUndefined();
    expect(contentAfter(['T'], 3)).toBeUndefined();
    expect(contentAfter([CONTENT_LIMIT], CONTENT_LIMIT)).toBe(CONTENT_LIMIT);
    expect(contentAfter([CONTENT_LIMIT + 1], CONTENT_LIMIT + 1)).toBeUndefined();
  });

  test('facts of other kinds pass through', () => {
    const { context } = contextFor();
    context.setOutput(0, { kind: 'sequence' });
    expect(context.outputs[0]).toEqual({ kind: 'sequence' });
  });

  test('a constant is only asked for where the input is given', () => {
    const value = { dtype: INT64, shape: [], data: BigInt64Array.of(1n) };
    const { context } = contextFor([facts(INT64, [])], { inputPresent: [true, false], constant: () => value });
    expect([context.constant(0), context.constant(1)]).toEqual([value, undefined]);
  });
});
