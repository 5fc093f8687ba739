import { afterAll, describe, expect, it } from 'vitest';
import { DataType } from '../../src/tensor/dtype.js';
import { RuntimeCrash, RuntimeFailure, shortMessage } from '../../src/verify/errors.js';
import { Runtime } from '../../src/verify/runtime.js';
import { tempDir } from '../support/temp-dir.js';
import { floats, ints, writeBiasModel, writeNode } from './models.js';

const folder = tempDir();
const runtime = new Runtime();
afterAll(() => runtime.close());

describe('Runtime', () => {
  it('tells the declared inputs and outputs, and runs', async () => {
    const session = await runtime.open(await writeBiasModel(folder, 'bias.onnx', [1, 2], ['B', undefined]));
    expect(session.inputs).toEqual([{ name: 'x', dtype: DataType.FLOAT, shape: ['B', undefined] }]);
    const x = { dtype: DataType.FLOAT, shape: [1, 2], data: Float32Array.of(10, 20) };
    const outputs = await session.run(new Map([['x', x]]));
    expect(outputs.get('y')).toEqual({ dtype: DataType.FLOAT, shape: [1, 2], data: Float32Array.of(11, 22) });
    await session.close();
  });

  it('carries half floats, booleans and 64-bit integers both ways', async () => {
    const tensors = [
      { dtype: DataType.FLOAT16, shape: [2], data: Float32Array.of(0.5, -65504) },
      { dtype: DataType.BOOL, shape: [2], data: Uint8Array.of(0, 1) },
      { dtype: DataType.INT64, shape: [2], data: BigInt64Array.of(-(2n ** 63n), 7n) },
      { dtype: DataType.STRING, shape: [2], data: ['a', 'é'] },
    ];
    for (const tensor of tensors) {
      const path = await writeNode(folder, `id${tensor.dtype}.onnx`, [['x', tensor.dtype, [2]]], {
        opType: 'Identity',
      });
      const session = await runtime.open(path);
      expect((await session.run(new Map([['x', tensor]]))).get('y')).toEqual(tensor);
      await session.close();
    }
  });

  it('reports what onnxruntime refuses to load', async () => {
    const path = await writeNode(folder, 'unknown.onnx', [['x', DataType.FLOAT, [2]]], { opType: 'NoSuchOperator' });
    await expect(runtime.open(path)).rejects.toThrow(RuntimeFailure);
    await expect(runtime.open(path)).rejects.toThrow(/NoSuchOperator/);
  });

  it('reports what onnxruntime refuses to run, and goes on', async () => {
    const session = await runtime.open(await writeBiasModel(folder, 'three.onnx', [1, 2, 3], ['T']));
    const error = await session.run(new Map([['x', floats(1, 2)]])).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RuntimeFailure);
    expect(shortMessage(error)).toMatch(/^axis == 1 .*2 by 3$/);
    expect((await session.run(new Map([['x', floats(1, 2, 3)]]))).get('y')).toEqual(floats(2, 4, 6));
    await session.close();
  });

  // On x86 the quotient of the smallest integer and -1 is a hardware trap, which nothing in onnxruntime catches.
  it.runIf(process.arch === 'x64')('survives that onnxruntime kills its process', async () => {
    const inputs = [
      ['a', DataType.INT32, ['n']],
      ['b', DataType.INT32, ['n']],
    ] as const;
    const session = await runtime.open(await writeNode(folder, 'div.onnx', inputs, { opType: 'Div' }));
    const divide = (a: number, b: number) =>
      session.run(
        new Map([
          ['a', ints(a)],
          ['b', ints(b)],
        ]),
      );
    const error = await divide(-(2 ** 31), -1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RuntimeCrash);
    expect(String(error)).toMatch(/SIGFPE|exit status/);
    expect((await divide(6, 2)).get('y')).toEqual(ints(3));
    await session.close();
  });

  it('stops what does not finish in time', async () => {
    const impatient = new Runtime({ timeoutMs: 1 });
    await impatient.start();
    const path = await writeBiasModel(folder, 'late.onnx', [1]);
    await expect(impatient.open(path)).rejects.toThrow(/did not finish within 0.001 s/);
    await impatient.close();
  });
});
