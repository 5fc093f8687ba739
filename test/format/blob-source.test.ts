import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BlobSource } from '../../src/format/blob-source.js';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import { fixture } from '../support/fixture-models.js';

describe('Blob', () => {
  it('holds a model', async () => {
    const file = readFileSync(fixture('causal_1e4_mul_add/model.onnx'));
    const model = await load(new Blob([file]));
    expect(model.graph.nodes.length).toBeGreaterThan(5);
    expect(Buffer.compare(await serialize(model), file)).toBe(0);
  });

  it('finds external data among the blobs given along', async () => {
    const file = readFileSync(fixture('external_data/model.onnx'));
    const data = readFileSync(fixture('external_data/weights.bin'));
    const blobs = new Map([['weights.bin', new Blob([data])]]);
    const fromBlob = await load(new BlobSource(new Blob([file]), blobs));
    const fromFile = await load(fixture('external_data/model.onnx'));
    const external = fromFile.graph.initializers.filter(({ initializer }) => initializer?.location === 'external');
    expect(external.length).toBeGreaterThan(0);
    for (const { name, initializer } of external) {
      const tensor = fromBlob.graph.value(name)?.initializer;
      expect(await tensor?.load()).toEqual(initializer?.dense());
    }
    const without = await load(new BlobSource(new Blob([file]), new Map()));
    const [missing] = without.graph.initializers.filter(({ initializer }) => initializer?.location === 'external');
    await expect(missing?.initializer?.load()).rejects.toThrow('"weights.bin" was not given along');
    const alone = await load(new Blob([file]));
    await expect(alone.graph.value(missing?.name ?? '')?.initializer?.load()).rejects.toThrow(
      'needs a model that was read',
    );
  });

  it('refuses ranges beyond its end', async () => {
    const source = new BlobSource(new File(['abc'], 'named.onnx'));
    expect(source.name).toBe('named.onnx');
    await expect(source.read(2, 2)).rejects.toThrow('named.onnx: needs 2 bytes');
  });
});
