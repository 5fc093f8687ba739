/** Calls of operators, lowered and run. */
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import type { AttributeInput } from '../../../src/model/attribute-input.js';
import { load } from '../../../src/model/load.js';
import type { Model } from '../../../src/model/model.js';
import { serialize } from '../../../src/model/save.js';
import type { Value } from '../../../src/model/value.js';
import { type FixOpsOptions, fixOps } from '../../../src/passes/fix-ops.js';
import type { PassReport } from '../../../src/passes/pass.js';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { fromWire, toWire, type WireTensor } from '../../../src/verify/ort-tensor.js';
import { emptyModel } from '../../support/build-model.js';

/** An argument: a live tensor, a constant, or the result of another call. */
export type Argument = Tensor | number | boolean | readonly number[] | string | undefined | Value;

/** A live tensor; all its sizes are symbols in the model, but for those in `fixed`. */
export interface Tensor {
  readonly live: DenseTensor;
  readonly fixed?: readonly number[];
  readonly name?: string;
}

export function float(shape: readonly number[], data: ArrayLike<number>): DenseTensor {
  return { dtype: DataType.FLOAT, shape, data: Float32Array.from(data) };
}

/** Numbers without a pattern, between -1 and 1, the same in every run. */
export function noise(shape: readonly number[], seed = 1): DenseTensor {
  let state = seed * 2654435761 + 12345;
  const count = shape.reduce((product, size) => product * size, 1);
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  return float(shape, Float64Array.from({ length: count }, next));
}

/** Builds models of calls of PyTorch's operators. */
export class Calls {
  readonly model: Model;
  readonly #feeds = new Map<string, DenseTensor>();
  #count = 0;

  private constructor(model: Model) {
    this.model = model;
  }

  static async start({ opset = 17 } = {}): Promise<Calls> {
    return new Calls(await emptyModel({ opset, irVersion: 8 }));
  }

  /** A graph input. */
  live({ live, fixed = [], name }: Tensor): Value {
    const input = name ?? `x${this.#count++}`;
    this.#feeds.set(input, live);
    const shape = live.shape.map((size, axis) => (fixed.includes(axis) ? size : `${input}_${axis}`));
    return this.model.graph.addInput(input, live.dtype, shape);
  }

  constant(tensor: DenseTensor): Value {
    const [value] = this.model.graph.addNode({
      opType: 'Constant',
      inputs: [],
      attributes: { value: { tensor } },
    }).outputs;
    return value as Value;
  }

  #argument(argument: Argument): Value | undefined {
    if (argument === undefined) return undefined;
    if (typeof argument === 'object' && 'live' in argument) return this.live(argument);
    if (typeof argument === 'number') {
      const isWhole = Number.isInteger(argument);
      const data = isWhole ? BigInt64Array.of(BigInt(argument)) : Float32Array.of(argument);
      return this.constant({ dtype: isWhole ? DataType.INT64 : DataType.FLOAT, shape: [], data });
    }
    if (typeof argument === 'boolean') {
      return this.constant({ dtype: DataType.BOOL, shape: [], data: Uint8Array.of(Number(argument)) });
    }
    if (typeof argument === 'string') {
      // As exporters write texts: a Constant whose `value` is one.
      const attributes = { value: { string: argument } };
      return this.model.graph.addNode({ opType: 'Constant', inputs: [], attributes }).outputs[0];
    }
    if (Array.isArray(argument)) {
      const data = BigInt64Array.from(argument as number[], BigInt);
      return this.constant({ dtype: DataType.INT64, shape: [data.length], data });
    }
    return argument as Value;
  }

  /** A node, in the spelling of fallthrough exports unless told otherwise. */
  node(opType: string, args: readonly Argument[], options: NodeOptions = {}): Value[] {
    const { domain = 'org.pytorch.aten', attributes, outputs = 1 } = options;
    const inputs = args.map((argument) => this.#argument(argument));
    const init = { opType, domain, inputs, outputs, ...(attributes ? { attributes } : {}) };
    return this.model.graph.addNode(init).outputs as Value[];
  }

  /** A node with one output. */
  call(opType: string, args: readonly Argument[], options: NodeOptions = {}): Value {
    return this.node(opType, args, options)[0] as Value;
  }

  /** Lowers everything, and gives the outputs that onnxruntime computes. */
  async run(outputs: readonly Value[], options: FixOpsOptions = {}): Promise<DenseTensor[]> {
    const report = await this.lower(outputs, options);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    return this.outputs();
  }

  /** Lowers everything. */
  async lower(outputs: readonly Value[], options: FixOpsOptions = {}): Promise<PassReport> {
    for (const output of outputs) this.model.graph.addOutput(output);
    return fixOps(options).run(this.model, { log: () => {} });
  }

  /** What onnxruntime computes for the model as it is. */
  async outputs(): Promise<DenseTensor[]> {
    const bytes = await serialize(this.model);
    // What was written is a model that has nothing left to lower.
    const again = await fixOps().run(await load(bytes), { log: () => {} });
    expect(again).toMatchObject({ changed: false, unresolved: [] });
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
    try {
      const feeds: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of this.#feeds) {
        const { type, dims, data } = toWire(tensor);
        feeds[name] = new ort.Tensor(type as 'float32', data as Float32Array, [...dims]);
      }
      const results = await session.run(feeds);
      return session.outputNames.map((name) => fromWire(results[name] as unknown as WireTensor));
    } finally {
      await session.release();
    }
  }
}

/** How a node is written. */
export interface NodeOptions {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: number;
}

/** One call of one operator, lowered and run. */
export async function lowered(
  opType: string,
  args: readonly Argument[],
  options: NodeOptions & { readonly opset?: number } = {},
): Promise<DenseTensor> {
  const calls = await Calls.start(options);
  const [result] = await calls.run([calls.call(opType, args, options)]);
  return result as DenseTensor;
}

/** Shape and elements are those expected, up to rounding that grows with the largest element. */
export function expectClose(
  actual: DenseTensor | undefined,
  shape: readonly number[],
  expected: ArrayLike<number>,
  tolerance = 1e-6,
): void {
  expect(actual?.shape).toEqual(shape);
  const data = Array.from(actual?.data as ArrayLike<number | bigint>, Number);
  expect(data.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  let worst = 0;
  for (let i = 0; i < data.length; i++) {
    const [got, wanted] = [data[i] as number, expected[i] as number];
    if (Object.is(got, wanted) || got === wanted) continue;
    if (Number.isNaN(got) && Number.isNaN(wanted)) continue;
    const difference = Math.abs(got - wanted) / scale;
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  expect(worst).toBeLessThan(tolerance);
}
