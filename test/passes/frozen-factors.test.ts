import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/model/value.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';
import { Builder } from '../analysis/evidence/model.js';
import { operators, runPass } from './harness.js';

const tracedShapes = { x0: [1, 20, 8] };

/** A sum over `time`, or whatever is made of `x [batch, time, 8]`, beside a scalar. */
async function scaled(opType: string, factor: number, sum?: (b: Builder, x: Value) => Value) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', 8]);
  const total = sum ? sum(b, x) : b.node('ReduceSum', [x, b.ints(1)]);
  const { model } = b.output(b.node(opType, [total, b.floats([], () => factor)]));
  return { model, report: await runPass(fixShapes({ tracedShapes }), model) };
}

describe('scalars beside sums', () => {
  it.each([
    ['Div', 20, 'time', {}],
    ['Div', 19, 'time - 1', {}],
    ['Mul', 1 / 20, '(time) ** -1', { Div: 1 }],
    ['Mul', 20 ** -0.5, '(time) ** -0.5', { Sqrt: 1, Div: 1 }],
    ['Div', 20 ** 0.5, '(time) ** 0.5', { Sqrt: 1 }],
  ])('%s by %d stands for %s', async (opType, factor, text, more) => {
    const { model, report } = await scaled(opType, factor);
    expect(report).toMatchObject({ changed: true, unresolved: [], edits: [{ what: text }] });
    expect(operators(model)).toMatchObject({ Shape: 1, Gather: 1, ...more });
    expect(await runPass(fixShapes({ tracedShapes }), model)).toMatchObject({ changed: false });
  });

  it('are found beside matrix products over a live axis', async () => {
    const gram = (b: Builder, x: Value) =>
      b.node('MatMul', [b.node('Transpose', [x], { perm: { ints: [0, 2, 1] } }), x]);
    expect((await scaled('Div', 20, gram)).report.changed).toBe(true);
    // As many features: the scale of an attention over them.
    const features = { x0: [1, 8, 8] };
    const { model } = await scaled('Mul', 8 ** -0.5, gram);
    expect((await runPass(fixShapes({ tracedShapes: features }), model)).changed).toBe(false);
  });

  it('are found in half precision, which rounds halves to even', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 'time', 8], DataType.FLOAT16);
    const factor = { dtype: DataType.FLOAT16, shape: [], data: Float32Array.of(2048) }; // 2049 is between 2048 and 2050
    const inputs = [b.node('ReduceSum', [x, b.ints(1)]), b.model.graph.addInitializer('factor', factor)];
    const { model } = b.output(b.node('Div', inputs), undefined, DataType.FLOAT16);
    const report = await runPass(fixShapes({ tracedShapes: { x0: [1, 2049, 8] } }), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], edits: [{ what: 'time' }] });
  });

  it('are numbers of their own elsewhere', async () => {
    expect((await scaled('Div', 20, (_, x) => x)).report.changed).toBe(false);
    expect((await scaled('Div', 20, (b, x) => b.node('ReduceSum', [x, b.ints(2)]))).report.changed).toBe(false);
    expect((await scaled('Div', 20, (b, x) => b.node('ReduceMax', [x], { axes: { ints: [1] } }))).report.changed).toBe(
      false,
    );
    expect((await scaled('Div', 10)).report.changed).toBe(false);
    expect((await scaled('Mul', 0.3)).report.changed).toBe(false);
  });
});
