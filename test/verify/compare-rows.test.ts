import { afterAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../src/model/graph.js';
import type { Value } from '../../src/model/value.js';
import { DataType } from '../../src/tensor/dtype.js';
import { compareRows } from '../../src/verify/compare-rows.js';
import { Runtime } from '../../src/verify/runtime.js';
import { tempDir } from '../support/temp-dir.js';
import { floats, writeModel } from './models.js';

const folder = tempDir();
const runtime = new Runtime();
afterAll(() => runtime.close());

type Build = (graph: Graph, x: Value) => void;

const write = (name: string, size: number | string, build: Build) =>
  writeModel(folder, name, [['x', DataType.FLOAT, [size, 3]]], (graph, [x]) => build(graph, x as Value));

const times: (...factors: number[]) => Build =
  (...factors) =>
  (graph, x) => {
    const factor = graph.addInitializer('factor', { ...floats(...factors), shape: [factors.length, 1] });
    graph.addNode({ opType: 'Mul', inputs: [x, factor], outputs: ['y'] });
  };

const traced = await write('traced.onnx', 2, times(3));
const options = { symbol: 'batch', traced: 2, runtime };

describe('compareRows', () => {
  it('finds items right among any number of others', async () => {
    const repaired = await write('repaired.onnx', 'batch', times(3));
    expect(await compareRows(traced, repaired, options)).toMatchObject({ verdict: 'equal', items: 5, traced: 2 });
  });

  it('finds items that are wrong beyond the traced number', async () => {
    const wrong = await write('wrong.onnx', 'batch', (graph, x) => {
      const [first] = graph.addNode({ opType: 'CumSum', inputs: [x, graph.addInitializer('zero', axis())] }).outputs;
      graph.addNode({
        opType: 'Mul',
        inputs: [first as Value, graph.addInitializer('factor', floats(3))],
        outputs: ['y'],
      });
    });
    expect(await compareRows(traced, wrong, options)).toMatchObject({
      verdict: 'different',
      message: expect.stringContaining('y differs'),
    });
  });

  it('does not compare where the original treats items differently', async () => {
    const scaled = await write('scaled.onnx', 2, times(1, 2));
    const repaired = await write('any.onnx', 'batch', times(1));
    expect(await compareRows(scaled, repaired, options)).toMatchObject({
      verdict: 'not-compared',
      message: expect.stringContaining('depend on the others'),
    });
  });

  it('says when the candidate does not run', async () => {
    const fixed = await write('fixed.onnx', 'batch', times(1, 2));
    expect((await compareRows(traced, fixed, options)).verdict).toBe('failed');
  });
});

function axis() {
  return { dtype: DataType.INT64, shape: [], data: BigInt64Array.of(0n) };
}
