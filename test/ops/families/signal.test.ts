import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { difference } from '../../support/close.js';
import { runInOnnxruntime } from '../../support/onnxruntime.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { evaluateOp, facts, float, inferOp, int32, int64 } from '../harness.js';

const scalar = (n: number) => int64([n], []);

describe('DFT', () => {
  const cases = fc.record({
    sizes: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 6 })),
    axis: fc.constantFrom(1, 2, -2, -3),
    length: fc.option(fc.integer({ min: 2, max: 12 }), { nil: undefined }),
    mode: fc.constantFrom('complex', 'inverse', 'onesided'),
  });

  test.each([17, 20])('as onnxruntime, opset %d', async (opset) => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, axis, length, mode }) => {
        const attributes = mode === 'complex' ? {} : { [mode]: 1 };
        // A number in place of the last size: it says whether the signal is real.
        const signal = { dtype: 1, shape: [...sizes, 1], data: new Float32Array(sizes[0] * sizes[1] * sizes[2]) };
        const given = length === undefined ? undefined : scalar(length);
        await expectShapes({
          opType: 'DFT',
          inputs: opset === 17 ? [signal, given] : [signal, given, scalar(axis)],
          attributes: opset === 17 ? { ...attributes, axis } : attributes,
          opset,
        });
      }),
      { numRuns: 60 },
    );
  });

  const sizes = (attributes: Record<string, number>, ...rest: (ReturnType<typeof int64> | undefined)[]) =>
    inferOp('DFT', [facts(1, ['B', 'T', 'N', 2]), ...rest], { attributes, opset: 20 }).tensor?.shape?.map(String);

  test('of symbols', () => {
    expect(sizes({})).toEqual(['B', 'T', 'N', '2']);
    expect(sizes({ onesided: 1 })).toEqual(['B', 'T', `${Dim.parse('N//2 + 1')}`, '2']);
    expect(sizes({ onesided: 1, inverse: 1 })).toEqual(['B', 'T', `${Dim.parse('2*(N - 1)')}`, '1']);
    expect(sizes({ onesided: 1, inverse: 1 }, scalar(400))).toEqual(['B', 'T', '400', '1']);
    expect(sizes({ onesided: 1 }, scalar(400), scalar(1))).toEqual(['B', '201', 'N', '2']);
  });

  test('before opset 20 the axis is 1 unless given', () => {
    const said = inferOp('DFT', [facts(1, ['B', 'T', 'N', 1]), scalar(8)], { opset: 19 });
    expect(said.shape).toBe('[B, 8, N, 2]');
  });

  test('along an axis that is not known, every size but the last may change', () => {
    const axis = facts(DataType.INT64, []);
    expect(inferOp('DFT', [facts(1, ['B', 'T', 2]), undefined, axis], { opset: 20 }).shape).toBe('[?, ?, 2]');
  });
});

describe('STFT', () => {
  test('as onnxruntime', async () => {
    const cases = fc.record({
      length: fc.integer({ min: 8, max: 40 }),
      frame: fc.integer({ min: 2, max: 8 }),
      step: fc.integer({ min: 1, max: 5 }),
      by: fc.constantFrom('window', 'length', 'both'),
      onesided: fc.constantFrom(0, 1),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ length, frame, step, by, onesided }) => {
        const window = by === 'length' ? undefined : float(new Array<number>(frame).fill(1));
        await expectShapes({
          opType: 'STFT',
          inputs: [[2, length, 1], scalar(step), window, by === 'window' ? undefined : scalar(frame)],
          attributes: { onesided },
        });
      }),
      { numRuns: 60 },
    );
  });

  test('of a symbol', () => {
    const said = inferOp('STFT', [facts(1, ['B', 'L', 1]), scalar(160), facts(1, [400])]);
    expect(said.shape).toBe(`[B, ${Dim.parse('(L - 400)//160 + 1')}, 201, 2]`);
  });

  test('a window of another length than the frames is a conflict', () => {
    const { conflicts } = inferOp('STFT', [facts(1, ['B', 'L', 1]), scalar(160), facts(1, [400]), scalar(512)]);
    expect(conflicts).toEqual(['512|400|window of STFT']);
  });

  test('an unknown step leaves the frames unknown', () => {
    const said = inferOp('STFT', [facts(1, ['B', 'L', 1]), facts(DataType.INT64, []), facts(1, [400])]);
    expect(said.shape).toBe('[B, ?, 201, 2]');
  });
});

describe.each(['HannWindow', 'HammingWindow', 'BlackmanWindow'])('%s', (opType) => {
  test('as onnxruntime', async () => {
    const cases = fc.record({
      size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(400, 512)),
      periodic: fc.constantFrom(0, 1),
      output_datatype: fc.constantFrom(DataType.FLOAT, DataType.DOUBLE, DataType.INT32),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ size, periodic, output_datatype }) => {
        // Integers of NaN depend on the machine.
        fc.pre(size !== 1 || periodic === 1 || output_datatype !== DataType.INT32);
        const attributes = { periodic, output_datatype };
        const typed = { periodic: { int: periodic }, output_datatype: { int: output_datatype } };
        const [expected] = await runInOnnxruntime({ opType, inputs: [scalar(size)], attributes: typed });
        const [actual] = evaluateOp(opType, [scalar(size)], { attributes });
        // The cosines of two libraries may differ in the last bit of a double.
        const wide = output_datatype === DataType.DOUBLE;
        expect(expected && difference(actual, expected, wide ? 1e-14 : 0, wide ? 1e-15 : 0)).toBeUndefined();
        expect(inferOp(opType, [scalar(size)], { attributes })).toMatchObject({
          shape: `[${size}]`,
          tensor: { dtype: output_datatype },
        });
      }),
      { numRuns: 60 },
    );
  });

  test('of a symbol', () => {
    expect(inferOp(opType, [facts(DataType.INT32, [], ['2*T'])]).shape).toBe('[2*T]');
    expect(inferOp(opType, [facts(DataType.INT32, [])]).shape).toBe('[?]');
  });

  test('of a negative size', () => {
    expect(() => evaluateOp(opType, [int32([-1], [])])).toThrow('a window of -1 elements');
  });
});

describe('MelWeightMatrix', () => {
  const run = (bands: number, dft: number, rate: number, low: number, high: number) => [
    scalar(bands),
    scalar(dft),
    scalar(rate),
    float([low], []),
    float([high], []),
  ];

  test('as onnxruntime', async () => {
    const cases = fc.record({
      bands: fc.integer({ min: 1, max: 80 }),
      dft: fc.constantFrom(64, 256, 400, 512),
      rate: fc.constantFrom(8000, 16000, 22050),
      low: fc.constantFrom(0, 20, 125),
      below: fc.constantFrom(0, 100, 400),
      output_datatype: fc.constantFrom(DataType.FLOAT, DataType.DOUBLE),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ bands, dft, rate, low, below, output_datatype }) => {
        const inputs = run(bands, dft, rate, low, rate / 2 - below);
        const typed = { output_datatype: { int: output_datatype } };
        const [expected] = await runInOnnxruntime({ opType: 'MelWeightMatrix', inputs, attributes: typed });
        const [actual] = evaluateOp('MelWeightMatrix', inputs, { attributes: { output_datatype } });
        expect(expected && difference(actual, expected)).toBeUndefined();
        const said = inferOp('MelWeightMatrix', inputs, { attributes: { output_datatype } });
        expect(said).toMatchObject({ shape: `[${expected?.shape.join(', ')}]`, tensor: { dtype: output_datatype } });
      }),
      { numRuns: 60 },
    );
  });

  test('refuses bands beyond the spectrum', () => {
    expect(() => evaluateOp('MelWeightMatrix', run(4, 64, 8000, 0, 40000))).toThrow('leave the spectrum of 33');
  });
});
