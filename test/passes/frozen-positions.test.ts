/** Decoding steps that were exported at one position: refused, since one row of a table does not tell the others. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixPe } from '../../src/passes/fix-pe.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { output, runPass } from './harness.js';

const WIDTH = 8;

interface Step {
  readonly model: Model;
  readonly q: Value;
  add(opType: string, inputs: Value[], attributes?: Record<string, { int: number }>): Value;
  ints(...values: number[]): Value;
  /** A row of constants; twice over, for both halves. */
  row(at: (k: number) => number, copies: 1 | 2): Value;
}

async function step(length: number | string): Promise<Step> {
  const model = await emptyModel();
  const { graph } = model;
  return {
    model,
    q: graph.addInput('q', DataType.FLOAT, ['batch', 2, length, WIDTH]),
    add: (opType, inputs, attributes = {}) => graph.addNode({ opType, inputs, attributes }).outputs[0] as Value,
    ints: (...values) =>
      graph.addInitializer(graph.freshName('ints'), {
        dtype: DataType.INT64,
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      }),
    row: (at, copies) => {
      const count = (WIDTH / 2) * copies;
      const data = Float32Array.from({ length: count }, (_, k) => at(k % (WIDTH / 2)));
      return graph.addInitializer(graph.freshName('row'), { dtype: DataType.FLOAT, shape: [1, 1, 1, count], data });
    },
  };
}

const angle = (position: number) => (k: number) => position * 10_000 ** (-k / (WIDTH / 2));
const cos = (position: number) => (k: number) => Math.cos(angle(position)(k));
const sin = (position: number) => (k: number) => Math.sin(angle(position)(k));

function halves({ q, add, ints }: Step): [Value, Value] {
  const cut = (from: number, to: number) => add('Slice', [q, ints(from), ints(to), ints(3)]);
  return [cut(0, WIDTH / 2), cut(WIDTH / 2, WIDTH)];
}

/** `q * cos + rotate_half(q) * sin` */
function rotate(s: Step, c: (k: number) => number, d: (k: number) => number): Value {
  const [first, second] = halves(s);
  const turned = s.add('Concat', [s.add('Neg', [second]), first], { axis: { int: -1 } });
  return output(s.model, 'Add', [s.add('Mul', [s.q, s.row(c, 2)]), s.add('Mul', [turned, s.row(d, 2)])]);
}

async function codes(model: Model): Promise<string[]> {
  const report = await runPass(fixPe(), model);
  expect(report.changed).toBe(false);
  return report.unresolved.map(({ code }) => code);
}

describe('rotations by the cosines and sines of one position', () => {
  it('are refused where positions are live', async () => {
    const s = await step('time');
    rotate(s, cos(12), sin(12));
    expect(await codes(s.model)).toEqual(['frozen-position']);
  });

  it('are refused where one new position is joined to a past', async () => {
    const s = await step(1);
    const past = s.model.graph.addInput('past', DataType.FLOAT, ['batch', 2, 'past', WIDTH]);
    output(s.model, 'Concat', [past, rotate(s, cos(300), sin(300))]).producer?.attributes.set('axis', { int: -2 });
    expect(await codes(s.model)).toEqual(['frozen-position']);
  });

  it('are refused half by half', async () => {
    const s = await step('time');
    const [first, second] = halves(s);
    output(s.model, 'Sub', [s.add('Mul', [first, s.row(cos(5), 1)]), s.add('Mul', [s.row(sin(5), 1), second])]);
    expect(await codes(s.model)).toEqual(['frozen-position']);
  });

  it('are right where there is one position, and no other', async () => {
    const s = await step(1);
    rotate(s, cos(12), sin(12));
    expect(await codes(s.model)).toEqual([]);
  });

  it('are other gains and sums where squares do not add up, or nothing is turned', async () => {
    const gains = await step('time');
    rotate(gains, (k) => 1 + k, sin(12));
    expect(await codes(gains.model)).toEqual([]);
    const mixed = await step('time');
    const other = mixed.model.graph.addInput('other', DataType.FLOAT, ['batch', 2, 'time', WIDTH]);
    const parts = [
      mixed.add('Mul', [mixed.q, mixed.row(cos(12), 2)]),
      mixed.add('Mul', [other, mixed.row(sin(12), 2)]),
    ];
    output(mixed.model, 'Add', parts);
    expect(await codes(mixed.model)).toEqual([]);
  });
});
