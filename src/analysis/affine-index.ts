import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { frontAxis, integersOf, isOp, shapeOf } from './evidence/look.js';
import type { Inference } from './infer.js';

/** How an index moves along one of its axes. */
export interface IndexAxis {
  readonly size: Dim;
  readonly step: Dim;
}

/** An integer tensor whose element at (i, j ..) is `offset + i * axes[0].step + j * axes[1].step ..` */
export interface AffineIndex {
  readonly offset: Dim;
  readonly axes: readonly IndexAxis[];
}

const ZERO = Dim.of(0);
const ONE = Dim.of(1);

/** Nodes between an index and the ranges that it is made of: one Add, Mul and Reshape an axis, and what counts up. */
const MAX_DEPTH = 48;

/**
 * Takes an index apart that was computed from ranges, sums, products with a scalar and new axes, as `as_strided` and
 * `unfold` are. Steps that are numbers in the file carry their cells. Undefined for anything else.
 */
export function affineIndex(value: Value, reader: Node, inference: Inference): AffineIndex | undefined {
  return new IndexReader(inference).read(value, reader, 0);
}

class IndexReader {
  readonly #inference: Inference;

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  read(value: Value | undefined, reader: Node, depth: number): AffineIndex | undefined {
    if (value === undefined || depth > MAX_DEPTH) return undefined;
    const shape = shapeOf(this.#inference, value);
    if (shape === undefined || shape.some((size) => size === undefined)) return undefined;
    const sizes = shape as Dim[];
    const number = this.#number(value, reader, sizes);
    if (number !== undefined) return { offset: number, axes: sizes.map((size) => ({ size, step: ZERO })) };
    if (this.#inference.constants.isConstant(value)) {
      const tensor = this.#inference.constants.dense(value);
      return tensor && affineTensor(tensor, sizes);
    }
    const { producer } = value;
    return producer && this.#readOutput(producer, sizes, depth + 1);
  }

  /** The only element, with the cell that it comes from. */
  #number(value: Value, reader: Node, sizes: readonly Dim[]): Dim | undefined {
    if (!sizes.every((size) => size.value === 1)) return undefined;
    const facts = this.#inference.seen(value, reader);
    const [element] = (facts?.kind === 'tensor' && facts.content) || [];
    return element instanceof Dim ? element : undefined;
  }

  #readOutput(node: Node, sizes: readonly Dim[], depth: number): AffineIndex | undefined {
    const input = (i: number) => this.read(node.inputs[i], node, depth);
    if (isOp(node, 'Cast', 'Identity')) return input(0);
    if (isOp(node, 'Reshape', 'Squeeze', 'Unsqueeze')) return moved(input(0), sizes);
    if (isOp(node, 'Transpose')) return transposed(input(0), node.attributes.get('perm')?.asInts()?.map(Number));
    if (isOp(node, 'Expand')) return expanded(input(0), sizes);
    if (isOp(node, 'Add', 'Sub')) return sum(input(0), input(1), isOp(node, 'Sub'), sizes);
    if (isOp(node, 'Mul')) {
      const [a, b] = [input(0), input(1)];
      return scaled(a, b, sizes) ?? scaled(b, a, sizes);
    }
    if (isOp(node, 'Range')) return this.#range(node, sizes);
    return isOp(node, 'NonZero') ? this.#nonZero(node) : undefined;
  }

  #range(node: Node, [size]: readonly Dim[]): AffineIndex | undefined {
    const [start] = integersOf(this.#inference, node.inputs[0]) ?? [];
    const [step] = integersOf(this.#inference, node.inputs[2]) ?? [];
    // What a range counts by is no size: numbers that were frozen are factors of it.
    return start && step && size && { offset: start, axes: [{ size, step: step.withoutOrigin() }] };
  }

  /** The positions of the elements of ones are how arange was written before Range. */
  #nonZero(node: Node): AffineIndex | undefined {
    const ones = node.inputs[0]?.producer;
    const [size, ...more] = shapeOf(this.#inference, node.inputs[0]) ?? [];
    if (ones === undefined || !isOp(ones, 'ConstantOfShape') || size === undefined || more.length > 0) return undefined;
    const fill = ones.attributes.get('value')?.asTensor()?.dense().data[0];
    if (fill === undefined || Number(fill) === 0) return undefined;
    return {
      offset: ZERO,
      axes: [
        { size: ONE, step: ZERO },
        { size, step: ONE },
      ],
    };
  }
}

function affineTensor({ shape, data }: DenseTensor, sizes: readonly Dim[]): AffineIndex | undefined {
  if (data.length === 0) return undefined;
  const offset = Number(data[0]);
  const steps: number[] = [];
  let stride = data.length;
  for (const size of shape) {
    stride /= size;
    steps.push(size > 1 ? Number(data[stride]) - offset : 0);
  }
  for (let i = 0; i < data.length; i++) {
    let expected = offset;
    let rest = i;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      expected += (rest % (shape[axis] as number)) * (steps[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
    }
    if (Number(data[i]) !== expected) return undefined;
  }
  const axes = steps.map((step, axis) => ({ size: sizes[axis] as Dim, step: Dim.of(step) }));
  return { offset: Dim.of(offset), axes };
}

/** Axes of size 1 come and go; the others keep their order. */
function moved(index: AffineIndex | undefined, sizes: readonly Dim[]): AffineIndex | undefined {
  const kept = index?.axes.filter(({ size }) => size.value !== 1);
  if (index === undefined || kept === undefined) return undefined;
  const axes = sizes.map((size) => (size.value === 1 ? { size, step: ZERO } : kept.shift()));
  const isSame = kept.length === 0 && axes.every((axis, i) => axis?.size.equals(sizes[i] as Dim));
  return isSame ? { offset: index.offset, axes: axes as IndexAxis[] } : undefined;
}

function transposed(index: AffineIndex | undefined, perm: readonly number[] | undefined): AffineIndex | undefined {
  if (index === undefined) return undefined;
  const rank = index.axes.length;
  const order = perm ?? index.axes.map((_, axis) => rank - 1 - axis);
  return { offset: index.offset, axes: order.map((axis) => index.axes[frontAxis(axis, rank)] as IndexAxis) };
}

/** The index with the axes of a larger one that it broadcasts to. */
function expanded(index: AffineIndex | undefined, sizes: readonly Dim[]): AffineIndex | undefined {
  if (index === undefined) return undefined;
  const { offset, axes } = index;
  const missing = sizes.length - axes.length;
  return { offset, axes: sizes.map((size, i) => ({ size, step: axes[i - missing]?.step ?? ZERO })) };
}

function sum(
  left: AffineIndex | undefined,
  right: AffineIndex | undefined,
  isNegated: boolean,
  sizes: readonly Dim[],
): AffineIndex | undefined {
  const [a, b] = [expanded(left, sizes), expanded(right, sizes)];
  if (a === undefined || b === undefined) return undefined;
  // What is added to nothing keeps its cell.
  const add = (x: Dim, y: Dim) =>
    isFree(y) ? x : isFree(x) ? (isNegated ? y.neg() : y) : isNegated ? x.sub(y) : x.add(y);
  const axes = sizes.map((size, i) => ({ size, step: add(a.axes[i]?.step ?? ZERO, b.axes[i]?.step ?? ZERO) }));
  return { offset: add(a.offset, b.offset), axes };
}

function isFree(dim: Dim): boolean {
  return dim.isZero() && dim.origin === undefined;
}

function scaled(
  index: AffineIndex | undefined,
  factor: AffineIndex | undefined,
  sizes: readonly Dim[],
): AffineIndex | undefined {
  const scalar = factor?.axes.every(({ size }) => size.value === 1) ? factor.offset : undefined;
  const all = expanded(index, sizes);
  if (all === undefined || scalar === undefined) return undefined;
  const times = (dim: Dim) => (isFree(dim) ? dim : dim.mul(scalar));
  return { offset: times(all.offset), axes: all.axes.map(({ size, step }) => ({ size, step: times(step) })) };
}
