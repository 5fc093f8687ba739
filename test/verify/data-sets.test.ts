import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDataSets, readTensorFile, runDataSets } from '../../src/verify/data-sets.js';
import { Runtime } from '../../src/verify/runtime.js';
import { tempDir } from '../support/temp-dir.js';
import { writeBiasModel } from './models.js';

const folder = tempDir();
const runtime = new Runtime();
afterAll(() => runtime.close());
const fixture = join(import.meta.dirname, '../../fixtures/causal_bool_np_where');

/** `TensorProto { dims: [n], data_type: FLOAT, name, raw_data }`. */
function tensorFile(name: string, data: readonly number[]): Uint8Array {
  const raw = new Uint8Array(Float32Array.from(data).buffer);
  const text = new TextEncoder().encode(name);
  return Uint8Array.of(0x08, data.length, 0x10, 1, 0x42, text.length, ...text, 0x4a, raw.length, ...raw);
}

function writeSet(set: string, files: Readonly<Record<string, Uint8Array>>): string {
  const path = join(folder, set);
  mkdirSync(path, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes);
  return path;
}

describe('readDataSets', () => {
  it('reads the sets in order of their numbers', async () => {
    for (const i of [10, 9])
      cpSync(join(fixture, 'test_data_set_0'), join(folder, 'many', `test_data_set_${i}`), { recursive: true });
    const sets = await readDataSets(join(folder, 'many'));
    expect(sets.map(({ name }) => name)).toEqual(['test_data_set_9', 'test_data_set_10']);
    expect(sets[0]?.inputs.map(({ name, tensor }) => [name, tensor.shape])).toEqual([['x', [1, 20, 32]]]);
  });

  it('takes a single set, too', async () => {
    const [set] = await readDataSets(join(fixture, 'test_data_set_2'));
    expect(set?.inputs[0]?.tensor.shape).toEqual([2, 21, 32]);
  });

  it('refuses a folder without sets, and files that are no tensors', async () => {
    mkdirSync(join(folder, 'none'));
    await expect(readDataSets(join(folder, 'none'))).rejects.toThrow(/holds no test_data_set_\* folders/);
    writeSet('bad', { 'input_0.pb': Uint8Array.of(0xff, 0xff) });
    await expect(readTensorFile(join(folder, 'bad', 'input_0.pb'))).rejects.toThrow(/input_0.pb/);
  });
});

describe('runDataSets', () => {
  it('tells a broken export by the sizes that fail', async () => {
    const sets = await readDataSets(fixture);
    const results = await runDataSets(join(fixture, 'model.onnx'), sets, { runtime });
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false, false]);
    expect(results[1]?.message).toMatch(/broadcast/);
  });

  it('compares with the outputs that are right, by name or else by position', async () => {
    const model = await writeBiasModel(folder, 'bias.onnx', [1], ['T']);
    const right = writeSet('right', {
      'input_0.pb': tensorFile('', [1, 2]),
      'output_0.pb': tensorFile('', [2, 3]),
    });
    const wrong = writeSet('wrong', {
      'input_0.pb': tensorFile('x', [1, 2]),
      'output_0.pb': tensorFile('y', [2, 4]),
    });
    const sets = [...(await readDataSets(right)), ...(await readDataSets(wrong))];
    const results = await runDataSets(model, sets, { runtime });
    expect(results).toMatchObject([{ ok: true }, { ok: false, outputs: [{ name: 'y', differing: 1, maxAbsDiff: 1 }] }]);
    expect(await runDataSets(model, sets, { runtime, atol: 1 })).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it('misses an output that the model does not have', async () => {
    const model = await writeBiasModel(folder, 'bias.onnx', [1], ['T']);
    const set = writeSet('other', { 'input_0.pb': tensorFile('x', [1]), 'output_0.pb': tensorFile('z', [2]) });
    expect(await runDataSets(model, await readDataSets(set), { runtime })).toMatchObject([
      { ok: false, outputs: [{ name: 'z', mismatch: 'output is gone' }] },
    ]);
  });
});
