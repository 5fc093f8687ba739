import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { product } from '../../ops/lib/known.js';
import { roundToFloat } from '../../ops/lib/rounding.js';
import type { Dim } from '../../symbolic/dim.js';
import { isFloat } from '../../tensor/dtype.js';
import type { Inference } from '../infer.js';
import type { Scene } from './evidence.js';
import { frontAxis, integersOf, isOp, parameter, shapeOf } from './look.js';
import type { TracedSizes } from './traced-sizes.js';

/** A scalar that a node multiplies or divides by, and that is a power of a size: T, 1 / T, T ** -0.5. */
export interface FrozenFactor {
  readonly node: Node;
  readonly input: number;
  readonly value: Value;
  readonly size: Dim;
  readonly power: 1 | -1 | 0.5 | -0.5;
  /** What speaks for it. */
  readonly what: string;
}

const POWERS = [1, -1, 0.5, -0.5] as const;

/** Operators that neither mix positions nor change numbers by more than a factor or a root. */
const CARRIERS = ['Cast', 'Flatten', 'Identity', 'Mul', 'Div', 'Reshape', 'Sqrt', 'Squeeze', 'Transpose', 'Unsqueeze'];

/** Longest chain between a sum and its factor that is followed. */
const MAX_STEPS = 6;

/**
 * Means that were written as sums: `x.sum(1) / x.shape[1]`, `k.T @ v * T ** -0.5`, `x.var(1)` as `.. * T / (T - 1)`. The
 * scalar is next to an operator that adds up the positions of a live axis, and was the axis' size (or one less) to a power.
 */
export function frozenFactors({ inference, traced, nodes }: Scene): FrozenFactor[] {
  if (traced.isEmpty) return [];
  const found: FrozenFactor[] = [];
  for (const node of nodes) {
    if (!isOp(node, 'Mul', 'Div')) continue;
    for (const input of [0, 1]) {
      const value = node.inputs[input];
      const other = node.inputs[1 - input];
      const number = value && scalarOf(value, inference);
      if (number === undefined || value === undefined || other === undefined) continue;
      const summed = sumBehind(other, inference) ?? sumAhead(node, inference);
      const match = summed && matchOf(number, summed, traced);
      if (match && isAmbiguous(node, other, traced.of(match.size), inference)) continue;
      if (summed && match) found.push({ node, input, value, ...match, what: `beside a sum over ${summed}` });
    }
  }
  return found;
}

interface Scalar {
  readonly number: number;
  readonly round: (x: number) => number;
}

function scalarOf(value: Value, { constants }: Inference): Scalar | undefined {
  const tensor = constants.isConstant(value) ? constants.dense(value) : undefined;
  if (tensor?.data.length !== 1 || !isFloat(tensor.dtype)) return undefined;
  return { number: Number(tensor.data[0]), round: (x) => roundToFloat(tensor.dtype, x) };
}

function matchOf({ number, round }: Scalar, summed: Dim, traced: TracedSizes) {
  for (const size of [summed, summed.sub(1)]) {
    const count = traced.of(size);
    if (count === undefined || count < 2) continue;
    const power = POWERS.find((each) => round(count ** each) === number);
    if (power !== undefined) return { size, power };
  }
  return undefined;
}

/** How many positions were added up in what a value is computed from; undefined unless the number is symbolic. */
function sumBehind(value: Value, inference: Inference): Dim | undefined {
  let node = value.producer;
  for (let step = 0; step < MAX_STEPS && node !== undefined; step++) {
    const summed = summedSize(node, inference);
    if (summed !== undefined) return summed;
    if (!isOp(node, ...CARRIERS)) return undefined;
    const { constants } = inference;
    const live: Value[] = node.inputs.filter((input) => input !== undefined && !constants.isConstant(input)) as Value[];
    const [data] = live;
    if (data === undefined || (live.length > 1 && isOp(node, 'Mul', 'Div'))) return undefined;
    node = data.producer;
  }
  return undefined;
}

/** The same for what becomes of the node's output, and of nothing else: `(x / T).sum(1)`. */
function sumAhead(node: Node, inference: Inference): Dim | undefined {
  const uses = node.outputs[0]?.uses ?? [];
  const [use] = uses;
  return uses.length === 1 && use && isOp(use.node, 'ReduceSum') ? summedSize(use.node, inference) : undefined;
}

/** Is a fixed axis as long, so that the scalar may as well be a power of the number of its features? */
function isAmbiguous(node: Node, other: Value, count: number | undefined, inference: Inference): boolean {
  const { producer } = other;
  if (producer === undefined || !isOp(producer, 'MatMul')) return false;
  return [...producer.inputs, node.outputs[0]].some((value) =>
    shapeOf(inference, value)?.some((dim) => dim?.value === count),
  );
}

const REDUCTIONS = ['ReduceL1', 'ReduceMean', 'ReduceSum', 'ReduceSumSquare'];

function summedSize(node: Node, inference: Inference): Dim | undefined {
  const total = isOp(node, ...REDUCTIONS)
    ? reducedSize(node, inference)
    : isOp(node, 'MatMul')
      ? innerSize(node, inference)
      : isOp(node, 'CumSum')
        ? scannedSize(node, inference)
        : undefined;
  return total === undefined || total.isNumber || total.hasFresh ? undefined : total;
}

function reducedSize(node: Node, inference: Inference): Dim | undefined {
  const shape = shapeOf(inference, node.inputs[0]);
  const listed = parameter(inference, node, 'axes', 1);
  if (shape === undefined) return undefined;
  const axes = (listed ?? []).map((axis) => axis?.value);
  if (axes.length === 0) return node.inputs[1] === undefined ? product(shape) : undefined;
  if (axes.some((axis) => axis === undefined)) return undefined;
  return product(axes.map((axis) => shape[frontAxis(axis as number, shape.length)]));
}

function innerSize(node: Node, inference: Inference): Dim | undefined {
  return shapeOf(inference, node.inputs[0])?.at(-1);
}

function scannedSize(node: Node, inference: Inference): Dim | undefined {
  const shape = shapeOf(inference, node.inputs[0]);
  const axis = integersOf(inference, node.inputs[1])?.[0]?.value;
  return shape === undefined || axis === undefined ? undefined : shape[frontAxis(axis, shape.length)];
}
