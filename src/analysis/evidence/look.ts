/** How evidence looks at nodes. */
import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Constants } from '../constants.js';
import type { Inference } from '../infer.js';

/** All nodes that compute something live, in order; those of inner graphs after the node that owns them. */
export function liveNodes(graph: Graph, constants: Constants, into: Node[] = []): Node[] {
  for (const node of graph.nodes) {
    if (constants.isFolded(node)) continue;
    into.push(node);
    for (const inner of node.subgraphs) liveNodes(inner, constants, into);
  }
  return into;
}

/** The shape that a node sees of a value: sizes of constants with the cells that they come from. */
export function shapeOf(inference: Inference, value: Value | undefined): readonly (Dim | undefined)[] | undefined {
  const facts = value && inference.seen(value);
  return facts?.kind === 'tensor' ? facts.shape : undefined;
}

/** The integers that a node sees in a value, where they are known. */
export function integersOf(inference: Inference, value: Value | undefined): readonly (Dim | undefined)[] | undefined {
  const facts = value && inference.seen(value);
  if (facts?.kind !== 'tensor') return undefined;
  return facts.content?.map((element) => (element instanceof Dim ? element : undefined));
}

/** Integers that an operator reads as an attribute in old versions and as an input in new ones. */
export function parameter(
  inference: Inference,
  node: Node,
  attribute: string,
  input: number,
): readonly (Dim | undefined)[] | undefined {
  const ints = node.attributes.get(attribute)?.asInts();
  return ints ? ints.map((n) => Dim.of(n)) : integersOf(inference, node.inputs[input]);
}

/** A number that was written in the file, so that something else may have been meant by it. */
export function isWritten(dim: Dim | undefined): dim is Dim & { readonly value: number } {
  return dim?.value !== undefined && dim.origin !== undefined;
}

/** An axis counted from the front. */
export function frontAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Is it one of the operators, of ONNX itself? */
export function isOp(node: Node, ...opTypes: readonly string[]): boolean {
  return node.domain === '' && opTypes.includes(node.opType);
}

/** Are all elements the same, so that the tensor can have any size? */
export function isFill(tensor: DenseTensor | undefined): boolean {
  const [first] = tensor?.data ?? [];
  return first !== undefined && Array.prototype.every.call(tensor?.data, (element) => element === first);
}

/** So many reads of one tensor at positions of their own are the steps of a loop. */
const UNROLLED = 3;

/** Is the node one of several that read the same tensor piece by piece, as loops do that were unrolled? */
export function isUnrolledRead(node: Node, inference: Inference): boolean {
  const [data] = node.inputs;
  const pieces = new Set<string>();
  for (const { node: other, index } of data?.uses ?? []) {
    if (index !== 0 || other.domain !== node.domain || other.opType !== node.opType) continue;
    const position = other.inputs[1];
    if (position !== undefined && !inference.constants.isConstant(position)) continue;
    const where = position ? inference.constants.dense(position)?.data : other.attributes.get('starts')?.asInts();
    pieces.add(where?.join(' ') ?? other.name);
  }
  return pieces.size >= UNROLLED;
}
