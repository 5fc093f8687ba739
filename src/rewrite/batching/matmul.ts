import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { again, type BatchRule, type Call, intAttribute, operandAt, outputsOf, Unbatchable } from './call.js';
import type { Ref } from './draft.js';
import { align } from './elementwise.js';
import { type Batched, isBatched, type Operand, toFront } from './operand.js';

/** MatMul: the axis of the items is one more that it broadcasts, or a row of the left matrix. */
export const matMul: BatchRule = (call) => {
  const [left, right] = [operandAt(call, 0), operandAt(call, 1)];
  const rest = call.operands.slice(2);
  if (rest.some(isBatched)) throw new Unbatchable(`${call.node.opType} has parameters that differ from item to item`);
  const multiply = (a: Ref, b: Ref) => again(call, [a, b, ...rest.map((operand) => operand?.ref)]);
  if (isBatched(left) && !isBatched(right) && right.shape.length === 2) {
    const rows = rowsOf(call, left);
    return outputsOf(call, multiply(rows.ref, right.ref), rows.layout);
  }
  // Vectors become matrices, and the axis that they lack is dropped from the product.
  const a = left.shape.length === 1 ? withAxis(call, left, 0) : left;
  const b = right.shape.length === 1 ? withAxis(call, right, 1) : right;
  const rank = Math.max(a.shape.length, b.shape.length);
  const { refs, layout } = align(call.draft, [a, b], 2);
  const [product] = multiply(refs[0] as Ref, refs[1] as Ref);
  const at = layout(rank);
  const shift = at.kept ? 0 : 1;
  const dropped = [
    ...(left.shape.length === 1 ? [rank - 2 + shift] : []),
    ...(right.shape.length === 1 ? [rank - 1 + shift] : []),
  ];
  return outputsOf(call, [call.draft.squeeze(product as Ref, dropped)], at);
};

/** The left matrices, in a form in which every row of every item is one of a MatMul's rows. */
function rowsOf({ draft }: Call, left: Batched): Batched {
  const { layout, shape } = left;
  const last = layout.kept ? shape.length - 1 : shape.length;
  return layout.axis === last ? toFront(draft, left) : left;
}

function withAxis({ draft }: Call, operand: Operand, axis: number): Operand {
  const shape = operand.shape.toSpliced(axis, 0, Dim.of(1));
  if (!isBatched(operand)) return { ...operand, ref: draft.unsqueeze(operand.ref, [axis]), shape };
  const front = toFront(draft, operand);
  return { ...front, ref: draft.unsqueeze(front.ref, [axis + 1]), shape };
}

/** Gemm takes matrices only: it becomes MatMul, Mul and Add. Rows of one matrix stay that. */
export const gemm: BatchRule = (call) => {
  const { draft, operands } = call;
  const [a, b, c] = [operandAt(call, 0), operandAt(call, 1), operands[2]];
  const transA = intAttribute(call, 'transA', 0) === 1;
  if (isBatched(a) && !isBatched(b) && !isBatched(c) && !transA && a.layout.kept && a.layout.axis === 0) {
    return outputsOf(call, again(call, [a.ref, b.ref, c?.ref]), a.layout);
  }
  const left = transA ? transposed(call, a) : a;
  const right = intAttribute(call, 'transB', 0) === 1 ? transposed(call, b) : b;
  const shape = call.outputs[0] ?? [];
  let product: Operand;
  if (isBatched(left) && !isBatched(right)) {
    const rows = rowsOf(call, left);
    product = { ref: draft.node('MatMul', [rows.ref, right.ref]), layout: rows.layout, shape };
  } else if (isBatched(left) || isBatched(right)) {
    const { refs, layout } = align(draft, [left, right], 2);
    product = { ref: draft.node('MatMul', refs), layout: layout(2), shape };
  } else product = { ref: draft.node('MatMul', [left.ref, right.ref]), layout: undefined, shape };
  product = scaled(call, product, 'alpha');
  if (c === undefined) return [product];
  const { refs, layout } = align(draft, [product, scaled(call, c, 'beta')]);
  return [{ ref: draft.node('Add', refs), layout: layout(2), shape }];
};

function transposed({ draft }: Call, operand: Operand): Operand {
  const shape = [operand.shape[1], operand.shape[0]];
  if (!isBatched(operand)) return { ...operand, ref: draft.transpose(operand.ref, [1, 0]), shape };
  const front = toFront(draft, operand);
  return { ...front, ref: draft.transpose(front.ref, [0, 2, 1]), shape };
}

function scaled(call: Call, operand: Operand, name: 'alpha' | 'beta'): Operand {
  const attribute = call.attributes[name];
  const factor = attribute !== undefined && 'float' in attribute ? attribute.float : 1;
  if (factor === 1) return operand;
  const { draft } = call;
  const one = draft.constant({ dtype: DataType.FLOAT, shape: [], data: Float32Array.of(factor) });
  // The factor in the element type of what it scales.
  const like = operandAt(call, 0).ref;
  const ref = draft.node('Mul', [operand.ref, call.isFloat ? one : draft.node('CastLike', [one, like])]);
  return { ...operand, ref };
}
