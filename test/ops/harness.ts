import type { RuleContextOptions, Sites } from '../../src/ops/context.js';
import { RuleContext } from '../../src/ops/context.js';
import { lookupOp } from '../../src/ops/registry.js';
import type { Attributes, Facts, OpDefinition, SubgraphInference, TensorFacts } from '../../src/ops/types.js';
import { Dim } from '../../src/symbolic/dim.js';
import type { Scalar } from '../../src/symbolic/scalar.js';
import type { DenseData, DenseTensor } from '../../src/tensor/dense.js';
import { elementCount } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';

type AttributeValue = number | string | readonly number[] | readonly string[] | DenseTensor | Facts;

/** Attributes from a plain object. */
export class PlainAttributes implements Attributes {
  readonly #values: Readonly<Record<string, AttributeValue>>;

  constructor(values: Readonly<Record<string, AttributeValue>> = {}) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  #number(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' ? value : undefined;
  }

  #text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    return this.#number(name) ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#values[name] as readonly number[] | undefined;
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    return this.#number(name) ?? otherwise;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#values[name] as readonly number[] | undefined;
  }

  string(name: string): string | undefined;
  string(name: string, otherwise: string): string;
  string(name: string, otherwise?: string): string | undefined {
    return this.#text(name) ?? otherwise;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#values[name] as readonly string[] | undefined;
  }

  tensor(name: string): DenseTensor | undefined {
    return this.#values[name] as DenseTensor | undefined;
  }

  type(name: string): Facts | undefined {
    return this.#values[name] as Facts | undefined;
  }
}

/** How to run an operator: everything has a default. */
export interface RunOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  readonly domain?: string;
  /** Number of outputs, default 1. */
  readonly outputs?: number;
  readonly subgraphs?: Readonly<Record<string, SubgraphInference>>;
}

/** What a shape rule said. */
export interface Inferred {
  readonly outputs: readonly (Facts | undefined)[];
  /** `left|right|what`, one a conflict. */
  readonly conflicts: readonly string[];
  /** `left|right`, one an equality that was assumed. */
  readonly equalities: readonly string[];
  readonly bindings: ReadonlyMap<string, Dim>;
  readonly reasons: readonly string[];
  /** Output 0 as a tensor. */
  readonly tensor: TensorFacts | undefined;
  /** Shape of output 0 as text, `?` where unknown. */
  readonly shape: string | undefined;
  /** Content of output 0 as text, `?` where unknown. */
  readonly content: string | undefined;
}

/** The operator, or a failed test. */
export function opOf(opType: string, domain = ''): OpDefinition {
  const definition = lookupOp(domain, opType);
  if (definition === undefined) throw new Error(`${domain}.${opType} is not in the registry`);
  return definition;
}

/** Runs an operator on concrete values. */
export function evaluateOp(
  opType: string,
  inputs: readonly (DenseTensor | undefined)[],
  options: RunOptions = {},
): DenseTensor[] {
  const { evaluate } = opOf(opType, options.domain);
  if (evaluate === undefined) throw new Error(`${opType} has no evaluation`);
  return evaluate({
    opType,
    domain: options.domain ?? '',
    opset: options.opset ?? 23,
    attributes: new PlainAttributes(options.attributes),
    inputs,
    outputCount: options.outputs ?? 1,
  });
}

/** Output 0 of {@link evaluateOp} as plain numbers. */
export function evaluated(
  opType: string,
  inputs: readonly (DenseTensor | undefined)[],
  options: RunOptions = {},
): number[] {
  return numbersOf(evaluateOp(opType, inputs, options)[0] as DenseTensor);
}

/** Runs an operator's shape rule; inputs are facts, or constants with their values. */
export function inferOp(
  opType: string,
  inputs: readonly (Facts | DenseTensor | undefined)[],
  options: RunOptions = {},
): Inferred {
  const { infer } = opOf(opType, options.domain);
  if (infer === undefined) throw new Error(`${opType} has no shape rule`);
  const conflicts: string[] = [];
  const equalities: string[] = [];
  const reasons: string[] = [];
  const bindings = new Map<string, Dim>();
  const settings: RuleContextOptions = {
    opType,
    domain: options.domain ?? '',
    opset: options.opset ?? 23,
    attributes: new PlainAttributes(options.attributes),
    inputs: inputs.map((input) => (input === undefined || 'kind' in input ? input : factsOf(input))),
    inputPresent: inputs.map((input) => input !== undefined),
    outputPresent: new Array<boolean>(options.outputs ?? 1).fill(true),
    constant: (i) => {
      const input = inputs[i];
      return input === undefined || 'kind' in input ? undefined : input;
    },
    subgraph: (name) => options.subgraphs?.[name],
    onConflict: (a: Dim, b: Dim, what: string, _where: Sites) => conflicts.push(`${a}|${b}|${what}`),
    onEqual: (a: Dim, b: Dim) => equalities.push(`${a}|${b}`),
    bind: (symbol, dim) => bindings.set(symbol, dim),
    resolve: (dim) => dim.substitute(bindings),
    onUnknown: (reason) => reasons.push(reason),
  };
  const context = new RuleContext(settings);
  infer(context);
  const first = context.outputs[0];
  const tensor = first?.kind === 'tensor' ? first : undefined;
  return {
    outputs: context.outputs,
    conflicts,
    equalities,
    bindings,
    reasons,
    tensor,
    shape: tensor?.shape && textOf(tensor.shape),
    content: tensor?.content && textOf(tensor.content),
  };
}

/** A tensor's facts; sizes and elements written as numbers or as expressions (`'T - 1'`). */
export function facts(
  dtype: number | undefined,
  shape: readonly (number | string | Dim | undefined)[] | undefined,
  content?: readonly (Scalar | string | undefined)[],
): TensorFacts {
  const base: TensorFacts = { kind: 'tensor', dtype, shape: shape?.map(dimOf) };
  if (content === undefined) return base;
  return { ...base, content: content.map((e) => (typeof e === 'string' ? Dim.parse(e) : integral(e))) };
}

/** Facts of a constant, contents included. */
export function factsOf({ dtype, shape, data }: DenseTensor): TensorFacts {
  if (typeof data[0] === 'string' || data.length !== elementCount(shape)) return facts(dtype, shape);
  return facts(dtype, shape, Array.from(data as ArrayLike<number | bigint>, Number));
}

/** A float tensor. */
export function float(values: readonly number[], shape: readonly number[] = [values.length]): DenseTensor {
  return { dtype: DataType.FLOAT, shape, data: Float32Array.from(values) };
}

/** An int64 tensor. */
export function int64(values: readonly number[], shape: readonly number[] = [values.length]): DenseTensor {
  return { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
}

/** An int32 tensor. */
export function int32(values: readonly number[], shape: readonly number[] = [values.length]): DenseTensor {
  return { dtype: DataType.INT32, shape, data: Int32Array.from(values) };
}

/** A bool tensor. */
export function bool(values: readonly (boolean | number)[], shape: readonly number[] = [values.length]): DenseTensor {
  return { dtype: DataType.BOOL, shape, data: Uint8Array.from(values, Number) };
}

/** A tensor of any type whose data is given in its storage form. */
export function dense(dtype: number, data: DenseData, shape: readonly number[] = [data.length]): DenseTensor {
  return { dtype, shape, data };
}

/** Elements as plain numbers. */
export function numbersOf(tensor: DenseTensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

function dimOf(size: number | string | Dim | undefined): Dim | undefined {
  if (typeof size === 'number') return Dim.of(size);
  return typeof size === 'string' ? Dim.parse(size) : size;
}

function integral(element: Scalar | undefined): Scalar | undefined {
  return typeof element === 'number' && Number.isSafeInteger(element) && !Object.is(element, -0)
    ? Dim.of(element)
    : element;
}

function textOf(items: readonly (Scalar | undefined)[]): string {
  return `[${items.map((item) => item?.toString() ?? '?').join(', ')}]`;
}
