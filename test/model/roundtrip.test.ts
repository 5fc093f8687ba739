import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import { Tensor } from '../../src/model/tensor.js';
import { backendFiles, fixtureModels } from '../support/fixture-models.js';
import { decodeModel, decodeTensorFile } from '../support/onnx-proto.js';
import { asyncSource, FakeFile } from '../support/sources.js';

/** Marks every message as changed, so that all of them are written anew. */
function touchEverything(model: Model): void {
  for (const graph of model.graphs()) {
    for (const node of graph.nodes) node._touch();
    graph._touch();
  }
}

async function same(model: Model, file: Uint8Array, what: string): Promise<void> {
  expect(Buffer.compare(await serialize(model), file), what).toBe(0);
}

const backend = [...backendFiles()];

describe('round trip', () => {
  it('writes every fixture as it was, copied or encoded anew, from any kind of source', async () => {
    for (const path of fixtureModels()) {
      const file = readFileSync(path);
      await same(await load(path), file, path);
      const fromWindows = await load(new FakeFile(file));
      await same(fromWindows, file, path);
      touchEverything(fromWindows);
      await same(fromWindows, file, path);
      const fromAfar = await load(asyncSource(file));
      touchEverything(fromAfar);
      await same(fromAfar, file, path);
    }
  }, 120_000);

  it("writes every model of onnx's node tests as it was", async () => {
    const models = backend.filter(([path]) => path.endsWith('.onnx'));
    expect(models.length).toBeGreaterThan(1000);
    for (const [path, file] of models) {
      const model = await load(file);
      await same(model, file, path);
      touchEverything(model);
      await same(model, file, path);
    }
  }, 120_000);

  it("reads every tensor of onnx's node tests as protobufjs does, and writes it as it was", async () => {
    let count = 0;
    for (const [path, file] of backend) {
      // Sequences and optionals are other messages.
      if (!/put_\d+\.pb$/.test(path) || /sequence|optional|_seq|loop16|_opt/.test(path)) continue;
      const tensor = Tensor.parse(file, path);
      expect(Buffer.compare(await tensor.encode(), file), path).toBe(0);
      const dense = tensor.dense();
      // Far quicker than toEqual on a million elements.
      expect(isDeepStrictEqual(dense, decodeTensorFile(file)), path).toBe(true);
      expect(isDeepStrictEqual(await tensor.load(), dense), path).toBe(true);
      count++;
    }
    expect(count).toBeGreaterThan(2000);
  }, 120_000);

  it('shows of every fixture what protobufjs shows', async () => {
    for (const path of fixtureModels()) {
      const proto = decodeModel(readFileSync(path)).graph;
      const { graph } = await load(path);
      expect(graph.nodes.map(({ opType, name }) => [opType, name])).toEqual(
        proto?.node?.map(({ opType, name }) => [opType ?? '', name ?? '']),
      );
      expect(
        graph.nodes.map(({ inputs, outputs }) => [...inputs, ...outputs].map((value) => value?.name ?? '')),
      ).toEqual(proto?.node?.map(({ input = [], output = [] }) => [...input, ...output]));
      expect(graph.inputs.map(({ name }) => name)).toEqual(proto?.input?.map(({ name }) => name));
      expect(graph.outputs.map(({ name }) => name)).toEqual(proto?.output?.map(({ name }) => name));
      const named = graph.initializers.flatMap(({ name, initializer }) => (initializer ? [name] : []));
      expect(named).toEqual(proto?.initializer?.map(({ name }) => name));
    }
  });
});
