import { afterAll, describe, expect, it } from 'vitest';
import { DataType } from '../../src/tensor/dtype.js';
import { compareModels, compareModelsAt } from '../../src/verify/compare-models.js';
import { runSizes } from '../../src/verify/run-sizes.js';
import { Runtime } from '../../src/verify/runtime.js';
import { verifyRepair } from '../../src/verify/verify-repair.js';
import { tempDir } from '../support/temp-dir.js';
import { writeBiasModel, writeModel, writeNode } from './models.js';

const int64 = (value: number) => ({ dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(BigInt(value)) });
const folder = tempDir();
const runtime = new Runtime();
afterAll(() => runtime.close());
const options = { runtime };

const five = [1, 1, 1, 1, 1];
const frozen = await writeBiasModel(folder, 'frozen.onnx', five);
const repaired = await writeBiasModel(folder, 'repaired.onnx', [1]);
const wrong = await writeBiasModel(folder, 'wrong.onnx', [1.5]);
const nearly = await writeBiasModel(folder, 'nearly.onnx', [1.00001]);
const unloadable = await writeNode(folder, 'unloadable.onnx', [['x', DataType.FLOAT, ['B', 'T']]], { opType: 'Nope' });

describe('compareModels', () => {
  it('finds identical models identical at the traced size', async () => {
    const comparison = await compareModels(frozen, repaired, { ...options, sizes: { T: 5 } });
    expect(comparison).toMatchObject({ verdict: 'identical', sizes: { B: 1, T: 5 } });
    expect(comparison.outputs.map(({ name, total }) => [name, total])).toEqual([['y', 5]]);
  });

  it('says by how much models differ', async () => {
    const comparison = await compareModels(frozen, wrong, { ...options, sizes: { T: 5 } });
    expect(comparison).toMatchObject({ verdict: 'different', outputs: [{ differing: 5, maxAbsDiff: 0.5 }] });
    const close = await compareModels(frozen, nearly, { ...options, sizes: { T: 5 } });
    expect(close.verdict).toBe('close');
  });

  it('tells failures of the candidate from models that cannot be compared', async () => {
    const [at5, at6] = await compareModelsAt(repaired, frozen, [{ T: 5 }, { T: 6 }], options);
    expect(at5?.verdict).toBe('identical');
    expect(at6).toMatchObject({ verdict: 'failed', message: expect.stringMatching(/does not run: .*5 by 6|6 by 5/) });
    expect((await compareModels(repaired, unloadable, options)).verdict).toBe('failed');
    expect((await compareModels(unloadable, repaired, options)).verdict).toBe('not-compared');
    const never = await compareModels(frozen, repaired, { ...options, sizes: { T: 6 } });
    expect(never).toMatchObject({
      verdict: 'not-compared',
      message: expect.stringMatching(/the original does not run/),
    });
  });

  it('tries other sizes when none is given and the first guess does not run', async () => {
    const hundred = await writeBiasModel(folder, 'hundred.onnx', new Array(100).fill(1));
    expect(await compareModels(hundred, repaired, options)).toMatchObject({ verdict: 'identical', sizes: { T: 100 } });
  });

  it('tries other integers when an index is out of range', async () => {
    const gather = await writeModel(folder, 'gather.onnx', [['i', DataType.INT64, ['B', 'T']]], (graph, [i]) => {
      const table = graph.addInitializer('table', { dtype: DataType.FLOAT, shape: [1], data: Float32Array.of(7) });
      graph.addNode({ opType: 'Gather', inputs: [table, i], outputs: ['y'] });
    });
    expect((await compareModels(gather, gather, options)).verdict).toBe('identical');
  });

  it('feeds declarations that fix a size to models that do not, and inputs that only one has', async () => {
    const fixed = await writeBiasModel(folder, 'fixed.onnx', five, [1, 5]);
    const sizes = { B: 1, T: 5 };
    expect(await compareModels(fixed, repaired, options)).toMatchObject({ verdict: 'identical', sizes });
    const inputs = [
      ['x', DataType.FLOAT, ['B', 'T']],
      ['lengths', DataType.INT64, ['B']],
    ] as const;
    const withLengths = await writeModel(folder, 'lengths.onnx', inputs, (graph, [x, lengths]) => {
      // The lengths are as long as x, so the difference to the size of x is 0.
      const shape = graph.addNode({ opType: 'Shape', inputs: [x], attributes: { start: { int: 1 } } }).outputs[0];
      const rest = graph.addNode({ opType: 'Sub', inputs: [lengths, shape] }).outputs[0];
      const cast = graph.addNode({ opType: 'Cast', inputs: [rest], attributes: { to: { int: 1 } } }).outputs[0];
      const one = graph.addInitializer('one', { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(1) });
      const bias = graph.addNode({ opType: 'Add', inputs: [cast, one] }).outputs[0];
      graph.addNode({ opType: 'Add', inputs: [x, bias], outputs: ['y'] });
    });
    expect(await compareModels(frozen, withLengths, { ...options, sizes: { T: 5 } })).toMatchObject({
      verdict: 'identical',
    });
  });

  it('does not hold the noise of a random model against a candidate', async () => {
    const [normal, uniform] = await Promise.all(
      ['RandomNormalLike', 'RandomUniformLike'].map((opType) =>
        writeNode(folder, `${opType}.onnx`, [['x', DataType.FLOAT, ['B', 'T']]], { opType }),
      ),
    );
    expect(await compareModels(normal as string, uniform as string, options)).toMatchObject({
      verdict: 'not-compared',
      message: 'the original gives other values at every run',
    });
  });

  it('sees an output that is gone', async () => {
    const renamed = await writeNode(folder, 'renamed.onnx', [['x', DataType.FLOAT, ['B', 'T']]], {
      opType: 'Relu',
      outputs: ['z'],
    });
    const relu = await writeNode(folder, 'relu.onnx', [['x', DataType.FLOAT, ['B', 'T']]], { opType: 'Relu' });
    expect(await compareModels(relu, renamed, options)).toMatchObject({
      verdict: 'different',
      outputs: [{ name: 'y', mismatch: 'output is gone' }],
    });
  });
});

describe('runSizes', () => {
  it('tells which sizes run, and what the outputs look like', async () => {
    const runs = await runSizes(frozen, [{ T: 5, B: 3 }, { T: 6 }], options);
    expect(runs[0]).toEqual({ sizes: { T: 5, B: 3 }, ok: true, outputs: [{ name: 'y', shape: [3, 5] }] });
    expect(runs[1]).toMatchObject({ ok: false, outputs: [], message: expect.stringContaining('broadcast') });
  });

  it('reports a model that does not load at every size', async () => {
    const runs = await runSizes(unloadable, [{ T: 5 }, { T: 6 }], options);
    expect(runs.map(({ ok }) => ok)).toEqual([false, false]);
  });
});

describe('verifyRepair', () => {
  const sizes = { T: 5 };

  it('passes a repair that agrees and runs elsewhere', async () => {
    const verification = await verifyRepair(frozen, repaired, { ...options, sizes });
    expect(verification).toMatchObject({ agrees: true, runs: true, exact: { verdict: 'identical' } });
    expect(verification.others).toMatchObject([{ ok: true, sizes: { T: 12 } }]);
  });

  it('does not pass a repair that is close but not the same, nor one that is wrong', async () => {
    expect(await verifyRepair(frozen, nearly, { ...options, sizes })).toMatchObject({ agrees: false });
    expect(await verifyRepair(frozen, wrong, { ...options, sizes })).toMatchObject({ agrees: false });
  });

  it("allows other values, not other shapes, where the original's numbers are the example's", async () => {
    const allowing = { ...options, sizes, changesValues: true };
    expect(await verifyRepair(frozen, wrong, allowing)).toMatchObject({
      agrees: true,
      exact: { verdict: 'different' },
    });
    const deeper = await writeModel(folder, 'deeper.onnx', [['x', DataType.FLOAT, ['B', 'T']]], (graph, [x]) => {
      graph.addNode({ opType: 'Unsqueeze', inputs: [x, graph.addInitializer('axes', int64(0))], outputs: ['y'] });
    });
    expect(await verifyRepair(frozen, deeper, allowing)).toMatchObject({ agrees: false });
  });

  it('does not pass what runs at the traced size only', async () => {
    const verification = await verifyRepair(frozen, frozen, { ...options, sizes });
    expect(verification).toMatchObject({ agrees: true, runs: false });
    expect(verification.others.every(({ ok }) => !ok)).toBe(true);
  });

  it('wants all sizes that are asked for', async () => {
    const runAt = [{ T: 3 }, { T: 8 }];
    expect(await verifyRepair(frozen, repaired, { ...options, sizes, runAt })).toMatchObject({ runs: true });
    const half = [{ T: 5 }, { T: 8 }];
    expect(await verifyRepair(frozen, frozen, { ...options, sizes, runAt: half })).toMatchObject({ runs: false });
  });

  it('has nothing to vary in a model of fixed sizes', async () => {
    const fixed = await writeBiasModel(folder, 'all-fixed.onnx', five, [1, 5]);
    expect(await verifyRepair(fixed, fixed, options)).toMatchObject({ agrees: true, runs: true, others: [] });
  });
});
