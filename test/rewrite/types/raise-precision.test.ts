import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import { raisePrecision } from '../../../src/rewrite/types/raise-precision.js';
import { convertConstant } from '../../../src/rewrite/types/retype-constant.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { emptyModel } from '../../support/build-model.js';

const { FLOAT, FLOAT16, INT32, INT64 } = DataType;
const floats = (dtype: number, ...data: number[]) => ({ dtype, shape: [data.length], data: Float32Array.from(data) });

describe('raisePrecision', () => {
  it('leaves no 16-bit float in weights, casts and declarations', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', FLOAT16, ['T']);
    const w = graph.addInitializer('w', floats(FLOAT16, 0.5));
    const cast = graph.addNode({ opType: 'Cast', inputs: [x], attributes: { to: { int: FLOAT16 } } });
    const value = { tensor: floats(FLOAT16, 2) };
    const made = graph.addNode({ opType: 'Constant', inputs: [], attributes: { value } });
    const product = graph.addNode({ opType: 'Mul', inputs: [cast.outputs[0], w] }).outputs[0] as Value;
    graph.setValueInfo(product, { kind: 'tensor', elemType: FLOAT16, shape: ['T'] });
    graph.addOutput(product);
    await raisePrecision(model);
    expect(x.declared).toMatchObject({ elemType: FLOAT, shape: ['T'] });
    expect(product.declared).toMatchObject({ elemType: FLOAT, shape: ['T'] });
    expect(w.initializer?.dense()).toEqual(floats(FLOAT, 0.5));
    expect(cast.attributes.get('to')?.asInt()).toBe(FLOAT);
    expect(made.attributes.get('value')?.asTensor()?.dense()).toEqual(floats(FLOAT, 2));
  });

  it('does not touch a model in float', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['T']);
    model.graph.addOutput(model.graph.addNode({ opType: 'Exp', inputs: [x] }).outputs[0] as Value);
    const untouched = await emptyModel();
    await raisePrecision(untouched);
    expect(untouched.isModified).toBe(false);
    await raisePrecision(model);
    expect(x.declared).toMatchObject({ elemType: FLOAT });
  });
});

describe('convertConstant', () => {
  it('keeps numbers finite and different from zero, and infinities infinite', () => {
    const tensor = floats(FLOAT, -1e9, 1e-12, -Infinity, 0, 0.1);
    expect([...convertConstant(tensor, FLOAT16).data]).toEqual([-65504, 2 ** -24, -Infinity, 0, 0.0999755859375]);
  });

  it('stays half a range away from infinity where numbers are added', () => {
    expect([...convertConstant(floats(FLOAT, -1e9), FLOAT16, true).data]).toEqual([-32752]);
  });

  it('keeps "to the end" the largest integer', () => {
    const ends = { dtype: INT64, shape: [2], data: BigInt64Array.of(2n ** 63n - 1n, -1n) };
    expect([...convertConstant(ends, INT32).data]).toEqual([2 ** 31 - 1, -1]);
  });
});
