import type { Node } from '../../../model/node.js';
import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Inference } from '../../infer.js';
import { integersOf } from '../../unrolled/numbers.js';

/** Rows of weights, one for each element of a result, as PyTorch and ONNX's recurrent operators keep them. */
export interface Weights {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** Sums of weighted inputs, and a bias for each element: what stands inside of a gate. */
export interface Linear {
  readonly kind: 'linear';
  readonly key: string;
  readonly parts: readonly { readonly input: Gate; readonly weights: Weights }[];
  readonly bias: Float32Array;
}

/** What a step of a recurrent cell computes, along the last axis. Equal keys mean equal values. */
export type Gate =
  | { readonly kind: 'input'; readonly key: string; readonly value: Value }
  | Linear
  | { readonly kind: 'constant'; readonly key: string; readonly data: Float32Array }
  | { readonly kind: 'concat'; readonly key: string; readonly parts: readonly { gate: Gate; width: number }[] }
  | { readonly kind: 'sigmoid' | 'tanh' | 'relu'; readonly key: string; readonly of: Gate }
  | { readonly kind: 'mul' | 'add' | 'sub'; readonly key: string; readonly a: Gate; readonly b: Gate };

export function inputGate(value: Value): Gate {
  return { kind: 'input', key: value.name, value };
}

/** Reads the nodes of a step as gates. */
export class Gates {
  readonly #inference: Inference;
  readonly #known = new Map<Value, Gate | undefined>();
  readonly #inputs: ReadonlyMap<Value, Gate>;

  /** @param inputs - what is known of states and rows of sequences: what the step begins with */
  constructor(inference: Inference, inputs: ReadonlyMap<Value, Gate>) {
    this.#inference = inference;
    this.#inputs = inputs;
  }

  /** Undefined for what no recurrent cell does. */
  of(value: Value): Gate | undefined {
    const stack = [value];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Value;
      const missing = this.#isLeaf(top)
        ? []
        : (top.producer?.inputs ?? []).filter((input) => input !== undefined && !this.#known.has(input));
      if (this.#known.has(top) || missing.length === 0) {
        stack.pop();
        if (!this.#known.has(top)) this.#known.set(top, this.#read(top));
      } else stack.push(...(missing as Value[]));
    }
    return this.#known.get(value);
  }

  #isLeaf(value: Value): boolean {
    return this.#inputs.has(value) || value.producer === undefined || this.#inference.constants.isConstant(value);
  }

  #read(value: Value): Gate | undefined {
    const given = this.#inputs.get(value);
    if (given !== undefined) return given;
    if (this.#inference.constants.isConstant(value)) return this.#constant(value);
    const node = value.producer;
    if (node === undefined || node.domain !== '') return undefined;
    const gates = node.inputs.map((input) => input && this.#known.get(input));
    const [a, b] = gates;
    if (a === undefined) return undefined;
    switch (node.opType) {
      case 'Identity':
        return a;
      case 'Squeeze':
      case 'Unsqueeze':
        return this.#keepsLast(node) ? a : undefined;
      case 'Sigmoid':
      case 'Tanh':
      case 'Relu':
        return { kind: node.opType.toLowerCase() as 'tanh', key: `${node.opType}(${a.key})`, of: a };
      case 'Add':
        return b && added(a, b);
      case 'Sub':
      case 'Mul':
        return b && binary(node.opType === 'Sub' ? 'sub' : 'mul', a, b);
      case 'MatMul':
        return this.#product(node, a, false, 1);
      case 'Gemm':
        return this.#gemm(node, a, gates[2]);
      case 'Concat':
        return this.#concat(node, gates);
      case 'Split':
        return this.#split(node, value, a);
      case 'Slice':
        return this.#slice(node, a);
      default:
        return undefined;
    }
  }

  /** A vector along the last axis, or a single number. */
  #constant(value: Value): Gate | undefined {
    const facts = this.#inference.facts(value);
    const shape = facts?.kind === 'tensor' ? facts.shape : undefined;
    if (facts?.kind !== 'tensor' || facts.dtype !== DataType.FLOAT || !shape) return undefined;
    if (!shape.slice(0, -1).every((dim) => dim?.equals(1))) return undefined;
    const dense = this.#inference.constants.dense(value);
    if (!(dense?.data instanceof Float32Array)) return undefined;
    const { data } = dense;
    return { kind: 'constant', key: data.length === 1 ? `${data[0]}` : value.name, data };
  }

  #rank(value: Value | undefined): number | undefined {
    return value && this.#inference.shape(value)?.length;
  }

  #isLast(axis: number, value: Value | undefined): boolean {
    const rank = this.#rank(value);
    return rank !== undefined && (axis < 0 ? axis + rank : axis) === rank - 1;
  }

  #keepsLast(node: Node): boolean {
    const [source, axesInput] = node.inputs;
    const axes = node.attributes.get('axes')?.asInts()?.map(Number) ?? integersOf(axesInput, this.#inference);
    const whole = node.opType === 'Squeeze' ? source : node.outputs[0];
    return axes?.every((axis) => !this.#isLast(axis, whole)) === true;
  }

  #product(node: Node, a: Gate, isTransposed: boolean, factor: number): Linear | undefined {
    const matrix = node.inputs[1] as Value;
    if (!this.#inference.constants.isConstant(matrix)) return undefined;
    const dense = this.#inference.constants.dense(matrix);
    if (dense?.shape.length !== 2 || !(dense.data instanceof Float32Array)) return undefined;
    const [first, second] = dense.shape as [number, number];
    const [rows, columns] = isTransposed ? [first, second] : [second, first];
    const weights = { rows, columns, data: new Float32Array(rows * columns) };
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = isTransposed ? row * columns + column : column * rows + row;
        weights.data[row * columns + column] = (dense.data[at] as number) * factor;
      }
    }
    const key = `${matrix.name}${isTransposed ? "'" : ''}*${factor}*(${a.key})`;
    const bias = new Float32Array(rows);
    if (a.kind !== 'concat') return { kind: 'linear', key, parts: [{ input: a, weights }], bias };
    let from = 0;
    const parts = a.parts.map(({ gate, width }) => {
      const part = { input: gate, weights: columnsOf(weights, from, width) };
      from += width;
      return part;
    });
    return from === columns ? { kind: 'linear', key, parts, bias } : undefined;
  }

  #gemm(node: Node, a: Gate, c: Gate | undefined): Gate | undefined {
    const { attributes } = node;
    if (attributes.get('transA')?.asInt()) return undefined;
    const isTransposed = Number(attributes.get('transB')?.asInt() ?? 0) === 1;
    const product = this.#product(node, a, isTransposed, attributes.get('alpha')?.asFloat() ?? 1);
    if (product === undefined || node.inputs[2] === undefined) return product;
    return c !== undefined && (attributes.get('beta')?.asFloat() ?? 1) === 1 ? added(product, c) : undefined;
  }

  #concat(node: Node, gates: readonly (Gate | undefined)[]): Gate | undefined {
    if (!this.#isLast(Number(node.attributes.get('axis')?.asInt() ?? 0), node.outputs[0])) return undefined;
    const parts = gates.map((gate, i) => {
      const width = node.inputs[i] && this.#inference.shape(node.inputs[i])?.at(-1)?.value;
      return gate && width !== undefined ? { gate, width } : undefined;
    });
    if (!parts.every((part) => part !== undefined)) return undefined;
    return { kind: 'concat', key: `[${parts.map(({ gate }) => gate.key).join()}]`, parts };
  }

  #split(node: Node, value: Value, a: Gate): Gate | undefined {
    if (a.kind !== 'linear' || !this.#isLast(Number(node.attributes.get('axis')?.asInt() ?? 0), value))
      return undefined;
    const widths = node.outputs.map((output) => output && this.#inference.shape(output)?.at(-1)?.value);
    const before = widths.slice(0, value.outputIndex as number);
    const width = widths[value.outputIndex as number];
    if (width === undefined || !before.every((size) => size !== undefined)) return undefined;
    const from = before.reduce((sum, size) => sum + size, 0);
    return partOf(a, from, width);
  }

  #slice(node: Node, a: Gate): Gate | undefined {
    const list = (name: string, index: number) =>
      node.attributes.get(name)?.asInts()?.map(Number) ?? integersOf(node.inputs[index], this.#inference);
    const [starts, ends, axes, steps] = [list('starts', 1), list('ends', 2), list('axes', 3), list('steps', 4)];
    const width = node.outputs[0] && this.#inference.shape(node.outputs[0])?.at(-1)?.value;
    const [start] = starts ?? [];
    if (a.kind !== 'linear' || starts?.length !== 1 || ends?.length !== 1 || start === undefined) return undefined;
    if (axes?.length !== 1 || !this.#isLast(axes[0] as number, node.outputs[0]) || (steps?.[0] ?? 1) !== 1)
      return undefined;
    return width === undefined ? undefined : partOf(a, start < 0 ? start + a.bias.length : start, width);
  }
}

function binary(kind: 'mul' | 'sub' | 'add', a: Gate, b: Gate): Gate {
  const keys = kind === 'sub' ? [a.key, b.key] : [a.key, b.key].sort();
  return { kind, key: `${kind}(${keys.join()})`, a, b };
}

/** Sums of linear parts are one; a constant is added to the bias. */
function added(a: Gate, b: Gate): Gate {
  if (a.kind !== 'linear' && b.kind === 'linear') return added(b, a);
  if (a.kind !== 'linear') return binary('add', a, b);
  const size = a.bias.length;
  const other = b.kind === 'linear' ? b.bias : b.kind === 'constant' ? b.data : undefined;
  if (other === undefined || (other.length !== size && other.length !== 1)) return binary('add', a, b);
  const bias = a.bias.map((number, i) => number + (other[other.length === 1 ? 0 : i] as number));
  const parts = b.kind === 'linear' ? [...a.parts, ...b.parts] : a.parts;
  return { kind: 'linear', key: `add(${[a.key, b.key].sort().join()})`, parts, bias };
}

/** Some elements of a linear result. */
function partOf({ key, parts, bias }: Linear, from: number, width: number): Linear {
  return {
    kind: 'linear',
    key: `${key}[${from}+${width}]`,
    parts: parts.map(({ weights: { columns, data }, ...part }) => {
      return {
        ...part,
        weights: { rows: width, columns, data: data.subarray(from * columns, (from + width) * columns) },
      };
    }),
    bias: bias.subarray(from, from + width),
  };
}

function columnsOf({ rows, columns, data }: Weights, from: number, width: number): Weights {
  const part = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    part.set(data.subarray(row * columns + from, row * columns + from + width), row * width);
  }
  return { rows, columns: width, data: part };
}
