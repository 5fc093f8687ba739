import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RuleContext } from '../../../src/ops/context.js';
import { lookupOp } from '../../../src/ops/registry.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { elementCount } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { numbered, permutation, shapes, tensors } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64, PlainAttributes } from '../harness.js';

const RUNS = { numRuns: 40 };

/** Shape of Reshape for a symbolic input and a target of numbers and expressions. */
function reshape(input: readonly (number | string | undefined)[], target: readonly (number | string | undefined)[]) {
  const content = target.map((entry) => (typeof entry === 'number' ? Dim.of(entry) : entry));
  return inferOp('Reshape', [facts(DataType.FLOAT, input), facts(DataType.INT64, [target.length], content)]);
}

describe('Reshape', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ maxRank: 3 })).chain((x) => {
      const count = elementCount(x.shape);
      const divisors = [1, 2, 3, 4, 6].filter((n) => count % n === 0);
      const target = fc
        .constantFrom(...divisors)
        .chain((n) => fc.constantFrom([-1, n], [n, -1], [n, count / n], [n, 1, count / n], [-1], [count / n, -1, n]));
      return fc.tuple(fc.constant(x), target);
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([x, target]) => {
        await expectAgreement({ opType: 'Reshape', inputs: [x, int64(target)] });
      }),
      RUNS,
    );
  });

  test('0 copies an axis, or is a size of 0 with allowzero', async () => {
    await expectAgreement({ opType: 'Reshape', inputs: [numbered(1, [2, 3, 4]), int64([0, -1])] });
    const empty = numbered(1, [0, 3]);
    await expectAgreement({ opType: 'Reshape', inputs: [empty, int64([3, 0])], attributes: { allowzero: 1 } });
  });

  test.each([
    { input: ['B', 'T', 512], target: [0, 0, 8, 64], shape: '[B, T, 8, 64]' },
    { input: ['B', 'T', 512], target: [0, -1, 8, 64], shape: '[B, T, 8, 64]' },
    { input: ['B', 8, 'T', 64], target: ['8*B', -1, 64], shape: '[8*B, T, 64]' },
    { input: ['B', 'T', 'T', 32], target: [-1, 'B*8'], shape: '[4*T*T, 8*B]' },
    { input: ['B', 'H', 'T', '2*T'], target: ['B', 'H', -1, 'T'], shape: '[B, H, 2*T, T]' },
    { input: ['B', 'T', 6], target: ['B', undefined, 3], shape: '[B, 2*T, 3]' },
    { input: ['B', undefined, 6], target: [0, 0, 2, -1], shape: '[B, ?, 2, 3]' },
    { input: ['B', undefined, 6], target: [-1, 3], shape: '[?, 3]' },
    { input: ['B', 'T'], target: [undefined, undefined, 2], shape: '[?, ?, 2]' },
    { input: ['B', '(T + 15)//16*16', 8], target: [-1, 16, 8], shape: /^\[B\*\(\(T \+ 15\)\/\/16\), 16, 8\]$/ },
  ])('$input to $target', ({ input, target, shape }) => {
    const result = reshape(input, target);
    if (typeof shape === 'string') expect(result.shape).toBe(shape);
    else expect(result.shape).toMatch(shape);
    expect(result.conflicts).toEqual([]);
  });

  test.each([
    { input: ['B', 3, 'H', 'W'], target: ['B', 3, 'H//4', 4, 'W//4', 4], shape: '[B, 3, H//4, 4, W//4, 4]' },
    { input: ['B', 'H', 'C'], target: ['B', 8, 'H//8', 'C'], shape: '[B, 8, H//8, C]' },
    { input: ['B', 'H//8', 8, 'W//8', 8, 32], target: ['B', 'H', 'W', -1], shape: '[B, H, W, 32]' },
    { input: ['B', 'H//8', 8, 'C'], target: [-1, 'H', 'C'], shape: '[B, H, C]' },
    {
      input: ['B', 'H', 'W'],
      target: ['B', '(H + 1)//2', 2, '(W + 1)//2', 2],
      shape: '[B, (H + 1)//2, 2, (W + 1)//2, 2]',
    },
    { input: ['B', 3, 'H'], target: ['3*B*((H + 7)//8)', 8], shape: '[3*B*((H + 7)//8), 8]' },
  ])('$input to $target, where sizes divide as they have to', ({ input, target, shape }) => {
    expect(reshape(input, target)).toMatchObject({ shape, conflicts: [] });
  });

  test.each([
    // The traced length, wherever it stands.
    { input: ['B', 'T', 512], target: ['B', 1000, 8, 64], conflicts: ['T|1000'] },
    { input: ['T', 'B', 64], target: [10, '8*B', 8], conflicts: ['T|10'] },
    { input: ['T', 1, 64], target: [8, 8, 8], conflicts: ['T|8'] },
    { input: [1, 'T', 32], target: [1, 32, 32], conflicts: ['T|32'] },
    { input: ['B', 'T', 4, 8], target: [2, 36, 32], conflicts: ['T|36', 'B|2'] },
    { input: ['T', 'B', 64], target: [10, 16, 8], conflicts: ['8*B|16', 'T|10'] },
    { input: ['B', 4, '40*T + 19'], target: ['B', 4, 21, 39], conflicts: ['40*T + 19|819'] },
    { input: ['B', 'T', 8], target: ['B', 5, 32], conflicts: ['8*T|160'] },
    { input: ['B', 'T'], target: ['B', 'T', 18], conflicts: ['1|18'] },
    // Products of sizes.
    { input: ['B', 'T', 32], target: [2304], conflicts: ['32*B*T|2304'] },
    { input: ['B', 'T', 32], target: [72, 32], conflicts: ['B*T|72'] },
    { input: ['B', 4, 'T', 8], target: [8, 36, 8], conflicts: ['T|36', '4*B|8'] },
  ])('$input to $target does not fit', ({ input, target, conflicts }) => {
    const result = reshape(input, target);
    expect(result.conflicts).toEqual(conflicts.map((text) => `${text}|element count of Reshape`));
  });

  test('a number of the target stays, unless it is on trial', () => {
    const x = facts(DataType.FLOAT, ['T', 'B', 64]);
    const target = (first: Dim) => ({ ...facts(DataType.INT64, [3]), content: [first, Dim.parse('8*B'), Dim.of(8)] });
    expect(inferOp('Reshape', [x, target(Dim.of(10))]).shape).toBe('[10, 8*B, 8]');
    expect(inferOp('Reshape', [x, target(Dim.cell('#1', 10))]).shape).toBe('[T, 8*B, 8]');
  });

  test.each([
    { input: ['B', 'T', 8], target: [-1, 144], conflicts: ['8*T|144'] },
    { input: ['B', 'T', 32], target: [-1, 18, 8, 4], conflicts: ['T|18'] },
    { input: ['B', 'T', 32], target: [2, -1, 32], conflicts: ['B|2'] },
    { input: ['B', 'T'], target: ['B', -1, 16], conflicts: [] }, // chunks of 16
    { input: ['T'], target: [-1, 16], conflicts: [] },
  ])('rows of $input to $target', ({ input, target, conflicts }) => {
    const result = reshape(input, target);
    expect(result.conflicts).toEqual(conflicts.map((text) => `${text}|row size of Reshape`));
    // The -1 is what it is in every run that is possible.
    const number = target.indexOf(-1);
    expect(result.tensor?.shape?.[number]?.toString()).toContain('//');
  });

  test('names the elements that do not fit', () => {
    const definition = lookupOp('', 'Reshape');
    const found: unknown[] = [];
    const context = new RuleContext({
      opType: 'Reshape',
      domain: '',
      opset: 21,
      attributes: new PlainAttributes(),
      inputs: [
        facts(DataType.FLOAT, ['B', 'T', 8, 4]),
        { ...facts(DataType.INT64, [3]), content: [Dim.symbol('B'), Dim.cell('#7', 144), Dim.of(4)] },
      ],
      outputPresent: [true],
      onConflict: (left, right, _, where) => found.push([left.toString(), right.origin?.toString(), where]),
    });
    definition?.infer?.(context);
    const where = [
      { input: 0, axis: 2 },
      { input: 0, axis: 1 },
      { input: 1, axis: 1 },
    ];
    expect(found).toEqual([['8*T', '#7', where]]);
  });

  test('binds a data dependent size', () => {
    const count = Dim.fresh('rows');
    const target = { ...facts(DataType.INT64, [2]), content: [count, Dim.of(64)] };
    const result = inferOp('Reshape', [facts(DataType.FLOAT, ['T', 64]), target]);
    expect(result.bindings.get(count.toString())?.toString()).toBe('T');
  });

  test('keeps what is known when the target is not', () => {
    const x = facts(DataType.FLOAT, ['B', 'T']);
    expect(inferOp('Reshape', [x, facts(DataType.INT64, [3])]).shape).toBe('[?, ?, ?]');
    expect(inferOp('Reshape', [x, facts(DataType.INT64, [undefined])]).shape).toBeUndefined();
    expect(inferOp('Reshape', [x, facts(DataType.INT64, [1])]).shape).toBe('[B*T]');
  });

  test('carries contents', () => {
    const x = facts(DataType.INT64, [1, 2], ['B', 'T']);
    expect(inferOp('Reshape', [x, int64([-1])]).content).toBe('[B, T]');
  });

  test('refuses counts that do not fit', () => {
    expect(() => evaluateOp('Reshape', [float([1, 2, 3]), int64([2, -1])])).toThrow('cannot be reshaped');
    expect(() => evaluateOp('Reshape', [float([1, 2, 3]), int64([0, 0])])).toThrow('does not exist');
  });
});

describe('Flatten', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1 })).chain((x) =>
      fc.tuple(fc.constant(x), fc.integer({ min: -x.shape.length, max: x.shape.length })),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axis]) => {
        await expectAgreement({ opType: 'Flatten', inputs: [x], attributes: { axis } });
      }),
      RUNS,
    );
  });
});

describe('Squeeze and Unsqueeze', () => {
  const withOnes = fc
    .array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 })
    .chain((sizes) => tensors(fc.constant(sizes)));

  test('Squeeze of some axes of 1, or of all', async () => {
    const cases = withOnes.chain((x) => {
      const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis, axis - x.shape.length] : []));
      const some = fc.uniqueArray(fc.constantFrom(...(ones.length > 0 ? ones : [0])), {
        selector: (axis) => (axis + x.shape.length) % Math.max(1, x.shape.length),
        minLength: 1,
      });
      return fc.tuple(fc.constant(x), ones.length > 0 ? fc.option(some) : fc.constant(null));
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axes]) => {
        const inputs = axes === null ? [x] : [x, int64(axes)];
        await expectAgreement({ opType: 'Squeeze', inputs, ...(axes === null ? { symbolic: [] } : {}) });
        if (axes !== null) await expectAgreement({ opType: 'Squeeze', inputs: [x], attributes: { axes }, opset: 11 });
      }),
      RUNS,
    );
  });

  test('Unsqueeze of any axes', async () => {
    const cases = tensors(shapes({ maxRank: 3 })).chain((x) => {
      const axes = permutation(x.shape.length + 2).map((order) => order.slice(0, 2));
      return fc.tuple(fc.constant(x), axes);
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axes]) => {
        await expectAgreement({ opType: 'Unsqueeze', inputs: [x, int64(axes)] });
        await expectAgreement({ opType: 'Unsqueeze', inputs: [x], attributes: { axes }, opset: 11 });
      }),
      RUNS,
    );
  });

  test('an axis that Squeeze removes is 1', () => {
    const result = inferOp('Squeeze', [facts(DataType.FLOAT, ['B', 'T']), int64([1])]);
    expect(result).toMatchObject({ shape: '[B]', conflicts: ['T|1|axis removed by Squeeze'] });
  });

  test('axes that are not known leave the rank', () => {
    const x = facts(DataType.FLOAT, ['B', 'T']);
    expect(inferOp('Unsqueeze', [x, facts(DataType.INT64, [1])]).shape).toBe('[?, ?, ?]');
    expect(inferOp('Squeeze', [x, facts(DataType.INT64, [1])]).shape).toBeUndefined();
    expect(inferOp('Squeeze', [facts(DataType.FLOAT, ['B', undefined])]).shape).toBeUndefined();
  });
});

test('the result shares storage with the input only where that is allowed', () => {
  const x = float([1, 2, 3, 4]);
  const [copy] = evaluateOp('Reshape', [x, int64([2, 2])]);
  expect(copy?.data).toEqual(x.data);
  expect(copy?.data).not.toBe(x.data);
});
