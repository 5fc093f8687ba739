import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixBatch } from '../../src/passes/fix-batch.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, runPass } from './harness.js';

/** Builds graphs the way that an unrolled loop leaves them. */
class Unrolled {
  constructor(
    readonly model: Model,
    readonly x: Value,
  ) {}

  node(opType: string, inputs: readonly Value[], attributes = {}): Value {
    return this.model.graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  }

  int64(values: readonly number[], shape = [values.length]): Value {
    const tensor = { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
    return this.node('Constant', [], { value: { tensor } });
  }

  floats(values: readonly number[]): Value {
    const tensor = { dtype: DataType.FLOAT, shape: [values.length], data: Float32Array.from(values) };
    return this.node('Constant', [], { value: { tensor } });
  }

  item(index: number, axis = 0, source = this.x): Value {
    return this.node('Gather', [source, this.int64([index], [])], { axis: { int: axis } });
  }

  stack(values: readonly Value[], axis = 0): Value {
    const items = values.map((value) => this.node('Unsqueeze', [value, this.int64([axis])]));
    return this.node('Concat', items, { axis: { int: axis } });
  }

  output(value: Value, shape: readonly (number | string)[]): this {
    this.model.graph.setValueInfo(value, { kind: 'tensor', elemType: DataType.FLOAT, shape });
    this.model.graph.addOutput(value);
    return this;
  }
}

async function unrolled(shape: readonly (number | string)[] = ['batch', 'time', 4], opset = 17): Promise<Unrolled> {
  const model = await emptyModel({ opset });
  return new Unrolled(model, model.graph.addInput('x', DataType.FLOAT, [...shape]));
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('fix-batch', () => {
  it('does once for all items what was written down once for each', async () => {
    const graph = await unrolled();
    const y = graph.stack(range(3).map((i) => graph.node('Relu', [graph.item(i)])));
    graph.output(y, ['batch', 'time', 4]);
    const report = await runPass(fixBatch(), graph.model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 3 }, items: { batch: 3 } });
    expect(operators(graph.model)).toEqual({ Relu: 1 });
  });

  it('finds copies whatever the order of their nodes', async () => {
    const graph = await unrolled();
    const items = range(3)
      .reverse()
      .map((i) => graph.node('Tanh', [graph.item(i)]));
    graph.output(graph.stack(items.reverse()), ['batch', 'time', 4]);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(graph.model)).toEqual({ Tanh: 1 });
  });

  it('rolls up loops inside loops, and loops over what loops made', async () => {
    const graph = await unrolled();
    const inner = (item: Value) => graph.stack(range(2).map((t) => graph.node('Exp', [graph.item(t, 0, item)])));
    const outer = (source: Value) => graph.stack(range(2).map((i) => inner(graph.item(i, 0, source))));
    graph.output(outer(graph.node('Relu', [outer(graph.x)])), ['batch', 'time', 4]);
    const report = await runPass(fixBatch(), graph.model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 2, time: 2 } });
    expect(operators(graph.model)).toEqual({ Exp: 2, Relu: 1 });
  });

  it('keeps constants that differ from item to item, and says that there are no more of them', async () => {
    const graph = await unrolled();
    const items = range(3).map((i) => graph.node('Mul', [graph.item(i), graph.floats([i, i, i, i + 1])]));
    graph.output(graph.stack(items), ['batch', 'time', 4]);
    const report = await runPass(fixBatch(), graph.model);
    expect(report.findings[0]?.message).toMatch(/at most 3 items/);
    expect(report.edits[0]?.after).toMatch(/at most 3 items/);
    expect(operators(graph.model)).toMatchObject({ Mul: 1, Gather: 2, Range: 1 });
  });

  it('gives a single item its axis back', async () => {
    const graph = await unrolled();
    const item = graph.node('Squeeze', [graph.x, graph.int64([0])]);
    graph.output(graph.stack([graph.node('Relu', [item])]), ['batch', 'time', 4]);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: true, sizes: { batch: 1 } });
    expect(operators(graph.model)).toEqual({ Relu: 1 });
  });

  it('leaves the first row of a tensor alone where nothing says that there should be more', async () => {
    const graph = await unrolled();
    const first = graph.node('Unsqueeze', [graph.node('Relu', [graph.item(0)]), graph.int64([0])]);
    graph.output(first, [1, 'time', 4]);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: false, unresolved: [] });
    expect(graph.model.isModified).toBe(true); // by building it
  });

  it.each([
    ['of which one is computed otherwise', (i: number) => (i === 1 ? 'Neg' : 'Relu'), [0, 1, 2]],
    ['that are swapped', () => 'Relu', [1, 0]],
    ['of which more are read elsewhere', () => 'Relu', [0, 1]],
  ])('leaves items alone %s', async (_, operator, rows) => {
    const graph = await unrolled();
    graph.output(graph.stack(rows.map((i) => graph.node(operator(i), [graph.item(i)]))), ['batch', 'time', 4]);
    graph.output(graph.node('Neg', [graph.item(2)]), ['time', 4]);
    const before = operators(graph.model);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: false, unresolved: [] });
    expect(operators(graph.model)).toEqual(before);
  });

  it('does not take a size that gets an axis, to be put into a shape, for an item', async () => {
    const graph = await unrolled();
    const y = graph.node('Add', [graph.x, graph.item(0)]);
    const size = graph.node('Gather', [graph.node('Shape', [y]), graph.int64([0], [])], { axis: { int: 0 } });
    const shape = graph.node('Concat', [graph.node('Unsqueeze', [size, graph.int64([0])]), graph.int64([-1, 4])], {
      axis: { int: 0 },
    });
    // A size that is declared by a name where it is a number: exporters name what they could not infer.
    graph.output(graph.node('Reshape', [y, shape]), ['batch', 'time', 'Reshapey_dim_2']);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it('leaves a fixed number of heads alone', async () => {
    const graph = await unrolled(['batch', 'time', 3, 4]);
    const heads = range(3).map((i) => graph.node('Softmax', [graph.item(i, 2)]));
    graph.output(graph.stack(heads, 2), ['batch', 'time', 3, 4]);
    expect(await runPass(fixBatch(), graph.model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it('says which operator it cannot do for many items at once, and changes nothing', async () => {
    const graph = await unrolled(['batch', 4]);
    const items = range(2).map((i) => graph.node('Cast', [graph.node('NonZero', [graph.item(i)])], { to: { int: 1 } }));
    graph.output(graph.stack(items), ['batch', 1, 'found']);
    const before = operators(graph.model);
    const report = await runPass(fixBatch(), graph.model);
    expect(report).toMatchObject({ changed: false });
    expect(report.unresolved[0]?.message).toMatch(/2 copies .* cannot be batched: NonZero/);
    expect(operators(graph.model)).toEqual(before);
  });

  it('batches along another axis than the first where outputs are declared to have its size', async () => {
    const loop = async (size: string | number) => {
      const graph = await unrolled();
      const items = range(3).map((t) => graph.node('Relu', [graph.item(t, 1)]));
      return graph.output(graph.stack(items, 1), ['batch', size, 4]);
    };
    const [frames, first] = [await loop('time'), await loop(3)];
    expect(await runPass(fixBatch(), frames.model)).toMatchObject({ changed: true, sizes: { time: 3 }, items: {} });
    expect(operators(frames.model)).toEqual({ Relu: 1 });
    expect(await runPass(fixBatch(), first.model)).toMatchObject({ changed: false, unresolved: [] });
  });

  it('rolls up 2,000 copies in seconds', async () => {
    const graph = await unrolled();
    const items = range(2000).map((i) => {
      let item = graph.item(i);
      for (let depth = 0; depth < 20; depth++) item = graph.node('Add', [item, graph.floats([1, 2, 3, depth])]);
      return item;
    });
    graph.output(graph.stack(items), ['batch', 'time', 4]);
    const start = performance.now();
    const report = await runPass(fixBatch(), graph.model);
    expect(report).toMatchObject({ changed: true, sizes: { batch: 2000 } });
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(operators(graph.model)).toEqual({ Add: 20, Constant: 20 });
  }, 60_000);
});
