import { type BakedOptions, findBaked } from '../../../src/analysis/baked.js';
import type { AttributeInput } from '../../../src/model/attribute.js';
import type { Model } from '../../../src/model/model.js';
import type { Value } from '../../../src/model/value.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { emptyModel } from '../../support/build-model.js';

/** Builds small models in one expression each. */
export class Builder {
  readonly model: Model;
  #count = 0;

  private constructor(model: Model) {
    this.model = model;
  }

  static async start(): Promise<Builder> {
    return new Builder(await emptyModel());
  }

  input(shape: readonly (number | string)[], dtype: number = DataType.FLOAT): Value {
    return this.model.graph.addInput(`x${this.#count++}`, dtype, shape);
  }

  ints(...values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.model.graph.addInitializer(`c${this.#count++}`, { dtype: DataType.INT64, shape: [data.length], data });
  }

  int(value: number): Value {
    const data = BigInt64Array.of(BigInt(value));
    return this.model.graph.addInitializer(`c${this.#count++}`, { dtype: DataType.INT64, shape: [], data });
  }

  floats(shape: readonly number[], at: (i: number) => number): Value {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => at(i));
    return this.model.graph.addInitializer(`c${this.#count++}`, { dtype: DataType.FLOAT, shape, data });
  }

  node(opType: string, inputs: readonly (Value | undefined)[], attributes: Record<string, AttributeInput> = {}): Value {
    return this.model.graph.addNode({ opType, inputs: [...inputs], attributes }).outputs[0] as Value;
  }

  /** Makes a value an output, declared with this shape. */
  output(value: Value, shape?: readonly (number | string)[], dtype: number = DataType.FLOAT): this {
    this.model.graph.setValueInfo(value, { kind: 'tensor', elemType: dtype, shape: shape && [...shape] });
    this.model.graph.addOutput(value);
    return this;
  }
}

/**
 * What numbers of a model turn out to stand for: `20: time`.
 *
 * @param inputShapes - sizes that take the place of those that the model declares
 */
export function frozen(
  model: Model,
  traced: Readonly<Record<string, number>> = {},
  inputShapes?: BakedOptions['inputShapes'],
): string[] {
  const options = { traced: new Map(Object.entries(traced)), ...(inputShapes ? { inputShapes } : {}) };
  const { constants } = findBaked(model, options);
  return constants.flatMap(({ axes, elements }) =>
    [...axes.values(), ...elements.values()].map(({ cell, size }) => `${cell.traced}: ${size}`),
  );
}
