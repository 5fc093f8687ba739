import * as ort from 'onnxruntime-node';
import type { AttributeInput } from '../../src/model/attribute-input.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from './build-model.js';

/** How the rows of a sequence are taken: as exporters write `x[:, t]`, `x[:, t:t+1]`, `x.unbind(1)`. */
export type RowStyle = 'gather' | 'slice' | 'split';

/** Writes models as exporters unroll them. Weights depend on their names only, so that models of several lengths agree. */
export class Unroller {
  readonly model: Model;
  readonly opset: number;

  private constructor(model: Model, opset: number) {
    this.model = model;
    this.opset = opset;
  }

  static async at(opset: number): Promise<Unroller> {
    return new Unroller(await emptyModel({ opset, irVersion: 8 }), opset);
  }

  input(name: string, dims: readonly (string | number)[]): Value {
    return this.model.graph.addInput(name, DataType.FLOAT, dims);
  }

  output(name: string, value: Value, dims?: readonly (string | number)[]): void {
    const [result] = this.model.graph.addNode({ opType: 'Identity', inputs: [value], outputs: [name] }).outputs;
    (result as Value).setDeclared({ kind: 'tensor', elemType: DataType.FLOAT, shape: dims });
    this.model.graph.addOutput(result as Value);
  }

  op(opType: string, inputs: readonly Value[], attributes: Record<string, AttributeInput> = {}): Value {
    return this.model.graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  }

  outputs(
    opType: string,
    inputs: readonly Value[],
    count: number,
    attributes: Record<string, AttributeInput> = {},
  ): readonly (Value | undefined)[] {
    return this.model.graph.addNode({ opType, inputs, outputs: count, attributes }).outputs;
  }

  weight(name: string, shape: readonly number[]): Value {
    const known = this.model.graph.value(name);
    if (known !== undefined) return known;
    let state = [...name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 65_521, 7);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      state = (state * 75 + 74) % 65_537;
      return state / 65_537 - 0.5;
    });
    return this.model.graph.addInitializer(name, { dtype: DataType.FLOAT, shape, data });
  }

  /** A constant node of its own, as exporters make them for every use. */
  numbers(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const tensor = { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
    return this.op('Constant', [], { value: { tensor } });
  }

  scalar(value: number): Value {
    return this.op('Constant', [], {
      value: { tensor: { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(value) } },
    });
  }

  floats(values: readonly number[]): Value {
    const tensor = { dtype: DataType.FLOAT, shape: [values.length], data: Float32Array.from(values) };
    return this.op('Constant', [], { value: { tensor } });
  }

  bools(values: readonly number[]): Value {
    const tensor = { dtype: DataType.BOOL, shape: [values.length], data: Uint8Array.from(values) };
    return this.op('Constant', [], { value: { tensor } });
  }

  axes(opType: 'Squeeze' | 'Unsqueeze', value: Value, axis: number): Value {
    if (this.opset < 13) return this.op(opType, [value], { axes: { ints: [axis] } });
    return this.op(opType, [value, this.numbers([axis])]);
  }

  slice(value: Value, axis: number, start: number, end: number): Value {
    if (this.opset < 10) {
      return this.op('Slice', [value], { starts: { ints: [start] }, ends: { ints: [end] }, axes: { ints: [axis] } });
    }
    return this.op('Slice', [value, this.numbers([start]), this.numbers([end]), this.numbers([axis])]);
  }

  /** All rows of a sequence along an axis, which is dropped. */
  rows(value: Value, axis: number, count: number, style: RowStyle): Value[] {
    const steps = Array.from({ length: count }, (_, t) => t);
    if (style === 'gather')
      return steps.map((t) => this.op('Gather', [value, this.numbers([t], [])], { axis: { int: axis } }));
    if (style === 'slice') return steps.map((t) => this.axes('Squeeze', this.slice(value, axis, t, t + 1), axis));
    const sizes = steps.map(() => 1);
    const isOld = this.opset < 13;
    const { outputs } = this.model.graph.addNode({
      opType: 'Split',
      inputs: isOld ? [value] : [value, this.numbers(sizes)],
      outputs: count,
      attributes: { axis: { int: axis }, ...(isOld ? { split: { ints: sizes } } : {}) },
    });
    return outputs.map((output) => this.axes('Squeeze', output as Value, axis));
  }

  stack(values: readonly Value[], axis: number): Value {
    return this.op(
      'Concat',
      values.map((value) => this.axes('Unsqueeze', value, axis)),
      { axis: { int: axis } },
    );
  }

  /** tanh(x W + h U + b) */
  cell(name: string, x: Value, h: Value, inputs: number, hidden: number): Value {
    const fromInput = this.op('MatMul', [x, this.weight(`${name}.w`, [inputs, hidden])]);
    const fromState = this.op('MatMul', [h, this.weight(`${name}.u`, [hidden, hidden])]);
    const sum = this.op('Add', [this.op('Add', [fromInput, fromState]), this.weight(`${name}.b`, [hidden])]);
    return this.op('Tanh', [sum]);
  }

  /** Zeros `[batch of x, hidden]`. */
  zerosLike(x: Value, hidden: number): Value {
    const batch = this.op('Gather', [this.op('Shape', [x]), this.numbers([0])], { axis: { int: 0 } });
    const shape = this.op('Concat', [batch, this.numbers([hidden])], { axis: { int: 0 } });
    return this.op('ConstantOfShape', [shape]);
  }
}

/** Runs a model in onnxruntime on made-up floats; results by name. */
export async function runFloats(model: Model, inputs: Readonly<Record<string, readonly number[]>>) {
  const session = await ort.InferenceSession.create(await serialize(model), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, shape] of Object.entries(inputs)) {
      const count = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + name.length));
      feeds[name] = new ort.Tensor('float32', data, [...shape]);
    }
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { dims: [...dims], data: Array.from(data as Float32Array) },
      ]),
    );
  } finally {
    await session.release();
  }
}
