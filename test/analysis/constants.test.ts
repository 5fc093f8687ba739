import { afterEach, describe, expect, it, vi } from 'vitest';
import { Constants } from '../../src/analysis/constants.js';
import { infer } from '../../src/analysis/infer.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { lookupOp } from '../../src/ops/registry.js';
import type { OpDefinition } from '../../src/ops/types.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

const { BOOL, FLOAT, INT64 } = DataType;

/** A mask that is written row by row, as exporters unroll assignments in loops: `length` ScatterNDs, one after another. */
async function scatterChain(length: number, elemType: number = BOOL): Promise<{ model: Model; last: Value }> {
  const model = await emptyModel();
  const { graph } = model;
  const constant = (name: string, tensor: DenseTensor) => graph.addInitializer(name, tensor);
  const data = elemType === BOOL ? new Uint8Array(length * 4) : new BigInt64Array(length * 4);
  let mask = constant('empty', { dtype: elemType, shape: [length, 4], data });
  const ones = elemType === BOOL ? new Uint8Array(4).fill(1) : new BigInt64Array(4).fill(1n);
  const row = constant('row', { dtype: elemType, shape: [1, 4], data: ones });
  for (let i = 0; i < length; i++) {
    const index = constant(`index${i}`, { dtype: INT64, shape: [1, 1], data: BigInt64Array.of(BigInt(i)) });
    mask = graph.addNode({ opType: 'ScatterND', inputs: [mask, index, row], outputs: [`mask${i}`] })
      .outputs[0] as Value;
  }
  graph.addOutput(mask);
  return { model, last: mask };
}

function watch(opType: string) {
  return vi.spyOn(lookupOp('', opType) as Required<OpDefinition>, 'evaluate');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Constants', () => {
  it('folds a chain of 1,000 ScatterNDs once each, in one buffer', async () => {
    const { last } = await scatterChain(1000);
    const evaluate = watch('ScatterND');
    const result = new Constants().dense(last);
    expect(result?.data.every((element) => element === 1)).toBe(true);
    expect(evaluate).toHaveBeenCalledTimes(1000);
    const buffers = new Set(evaluate.mock.results.map(({ value }) => (value as DenseTensor[])[0]?.data));
    // The first one copies the initializer, which is not its to change.
    expect(buffers.size).toBe(1);
    expect(
      last.graph
        .value('empty')
        ?.initializer?.dense()
        .data.some((element) => element === 1),
    ).toBe(false);
  });

  it.each([BOOL, INT64])('infers such a chain in linear time, with elements of type %i', async (elemType) => {
    const calls: number[] = [];
    for (const length of [100, 200]) {
      const { model, last } = await scatterChain(length, elemType);
      const evaluate = watch('ScatterND');
      const inference = infer(model);
      expect(inference.constants.dense(last)?.data.length).toBe(4 * length);
      calls.push(evaluate.mock.calls.length);
      evaluate.mockRestore();
    }
    expect(calls[1]).toBeLessThanOrEqual(2 * (calls[0] as number));
    expect(calls[1]).toBeLessThanOrEqual(2 * 200);
  });

  it('computes again what was overwritten, when somebody asks for it', async () => {
    const { model, last } = await scatterChain(8);
    const constants = new Constants();
    constants.dense(last);
    const third = constants.dense(model.graph.value('mask2') as Value);
    expect([...(third?.data ?? [])]).toEqual([...new Array(12).fill(1), ...new Array(20).fill(0)]);
  });

  it('reads no payload to tell what is constant, and stops at what is not', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', FLOAT, [2]);
    const w = graph.addInitializer('w', { dtype: FLOAT, shape: [2], data: Float32Array.of(1, 2) });
    const node = (opType: string, inputs: Value[]) => graph.addNode({ opType, inputs }).outputs[0] as Value;
    const folded = node('Neg', [w]);
    const live = node('Add', [folded, x]);
    const random = node('RandomNormalLike', [w]);
    const constants = new Constants();
    expect([w, folded, live, random].map((value) => constants.isConstant(value))).toEqual([true, true, false, false]);
    expect(constants.dense(live)).toBeUndefined();
    expect([...(constants.dense(folded)?.data ?? [])]).toEqual([-1, -2]);
    expect([...(constants.dense(w)?.data ?? [])]).toEqual([1, 2]);
  });

  it('says why it refuses', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const a = graph.addInitializer('a', { dtype: INT64, shape: [1], data: BigInt64Array.of(1n) });
    const zero = graph.addInitializer('zero', { dtype: INT64, shape: [1], data: BigInt64Array.of(0n) });
    const quotient = graph.addNode({ opType: 'Div', inputs: [a, zero] }).outputs[0] as Value;
    const after = graph.addNode({ opType: 'Neg', inputs: [quotient] }).outputs[0] as Value;
    const constants = new Constants();
    expect(constants.dense(after)).toBeUndefined();
    expect(constants.refusal(after)).toMatch(/^Div: /);
  });
});
