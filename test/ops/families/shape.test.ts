import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { numbered, shapes } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp } from '../harness.js';

describe('Shape', () => {
  test('of any axes, as onnxruntime', async () => {
    const axis = fc.option(fc.integer({ min: -6, max: 6 }));
    await fc.assert(
      fc.asyncProperty(shapes({ minSize: 0 }), axis, axis, async (shape, start, end) => {
        const attributes = { ...(start === null ? {} : { start }), ...(end === null ? {} : { end }) };
        await expectAgreement({ opType: 'Shape', inputs: [numbered(DataType.FLOAT, shape)], attributes });
      }),
      { numRuns: 60 },
    );
  });

  test('of sizes known and not', () => {
    expect(inferOp('Shape', [facts(DataType.FLOAT, ['B', undefined, 8])])).toMatchObject({
      shape: '[3]',
      content: '[B, ?, 8]',
    });
    expect(inferOp('Shape', [facts(DataType.FLOAT, undefined)]).shape).toBe('[?]');
  });
});

describe('Size', () => {
  test('as onnxruntime', async () => {
    await expectAgreement({ opType: 'Size', inputs: [numbered(DataType.FLOAT, [2, 3, 4])] });
  });

  test('of a symbolic shape', () => {
    expect(inferOp('Size', [facts(DataType.FLOAT, ['B', 'T', 8])]).content).toBe('[8*B*T]');
    expect(inferOp('Size', [facts(DataType.FLOAT, ['B', undefined])]).content).toBe('[?]');
    expect(inferOp('Size', [facts(DataType.FLOAT, [0, undefined])]).content).toBe('[0]');
  });
});

describe('Identity', () => {
  test('passes on what is known', () => {
    const x = facts(DataType.INT64, [2], ['B', 'T']);
    expect(inferOp('Identity', [x])).toMatchObject({ shape: '[2]', content: '[B, T]' });
    const sequence = { kind: 'sequence', element: x } as const;
    expect(inferOp('Identity', [sequence]).outputs).toEqual([sequence]);
  });

  test('copies', () => {
    const x = float([1, 2]);
    const [copy] = evaluateOp('Identity', [x]);
    expect(copy).toEqual(x);
    expect(copy?.data).not.toBe(x.data);
  });
});
