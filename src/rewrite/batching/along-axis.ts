import { DataType } from '../../tensor/dtype.js';
import {
  again,
  type BatchRule,
  type Call,
  intAttribute,
  listParameter,
  normalized,
  onlyFirst,
  operandAt,
  outputsOf,
  refsOf,
  Unbatchable,
} from './call.js';
import type { Ref } from './draft.js';
import { type Batched, isBatched, physicalAxis, toFront } from './operand.js';

/** The operand, with the axes of the items' own that the operator works along apart from that of the items. */
function apart({ draft }: Call, operand: Batched, axes: readonly number[]): Batched {
  const { layout } = operand;
  return layout.kept && axes.includes(layout.axis) ? toFront(draft, operand) : operand;
}

/** Operators that work along one axis and keep it: Softmax, CumSum, Hardmax, LpNormalization, TopK. */
export function alongAxis(otherwise: number): BatchRule {
  return (call) => {
    const x = onlyFirst(call);
    const axis = normalized(intAttribute(call, 'axis', otherwise), x.shape.length);
    const operand = apart(call, x, [axis]);
    const others = refsOf(call).slice(1);
    const changed = { axis: { int: physicalAxis(operand, axis) } };
    return outputsOf(call, again(call, [operand.ref, ...others], changed), operand.layout);
  };
}

/** Operators that work along an axis and all after it: LayerNormalization, Softmax before opset 13. */
export function alongTail(otherwise: number): BatchRule {
  return (call) => {
    const x = onlyFirst(call);
    const axis = normalized(intAttribute(call, 'axis', otherwise), x.shape.length);
    const operand = x.layout.axis >= axis && !(x.layout.axis === axis && !x.layout.kept) ? toFront(call.draft, x) : x;
    const changed = { axis: { int: physicalAxis(operand, axis) } };
    const others = refsOf(call).slice(1);
    // An axis that stands right before the normalised ones is not one of them.
    return outputsOf(call, again(call, [operand.ref, ...others], changed), operand.layout);
  };
}

/** Softmax and LogSoftmax; before opset 13 they work on all axes from `axis` on. */
export const softmax: BatchRule = (call) => {
  const x = operandAt(call, 0);
  if (call.draft.opset >= 13) return alongAxis(-1)(call);
  const axis = normalized(intAttribute(call, 'axis', 1), x.shape.length);
  return axis === x.shape.length - 1 ? alongAxis(1)(call) : alongTail(1)(call);
};

/** CumSum has its axis as an input. */
export const cumSum: BatchRule = (call) => {
  const x = onlyFirst(call);
  const given = call.constant(1)?.data[0];
  if (given === undefined) throw new Unbatchable('the axis of CumSum is computed');
  const axis = normalized(Number(given), x.shape.length);
  const operand = apart(call, x, [axis]);
  const data = BigInt64Array.of(BigInt(physicalAxis(operand, axis)));
  const input = call.draft.constant({ dtype: DataType.INT64, shape: [], data });
  return outputsOf(call, again(call, [operand.ref, input]), operand.layout);
};

/** ReduceMean and the like: without axes they reduce all that an item has. */
export const reduction: BatchRule = (call) => {
  const x = onlyFirst(call);
  const rank = x.shape.length;
  const given = listParameter(call, 'axes', 1);
  if ((given ?? []).length === 0 && intAttribute(call, 'noop_with_empty_axes', 0) === 1) return [x];
  const axes = (given?.length ? given : x.shape.map((_, axis) => axis)).map((axis) => normalized(axis, rank));
  return reduced(call, apart(call, x, axes), axes, (operand) => {
    const physical = axes.map((axis) => physicalAxis(operand, axis)).sort((a, b) => a - b);
    const asInput = call.draft.opset >= (call.node.opType === 'ReduceSum' ? 13 : 18);
    return asInput
      ? again(call, [operand.ref, call.draft.ints(physical)])
      : again(call, [operand.ref], { axes: { ints: physical } });
  });
};

/** ArgMax and ArgMin. */
export const argument: BatchRule = (call) => {
  const x = onlyFirst(call);
  const axis = normalized(intAttribute(call, 'axis', 0), x.shape.length);
  return reduced(call, apart(call, x, [axis]), [axis], (operand) =>
    again(call, [operand.ref], { axis: { int: physicalAxis(operand, axis) } }),
  );
};

function reduced(call: Call, operand: Batched, axes: readonly number[], apply: (operand: Batched) => Ref[]): Batched[] {
  const { layout } = operand;
  const keeps = intAttribute(call, 'keepdims', 1) === 1;
  const before = keeps ? 0 : axes.filter((axis) => axis < layout.axis).length;
  return outputsOf(call, apply(operand), { axis: layout.axis - before, kept: layout.kept });
}

/** Split along an axis of the items' own. */
export const split: BatchRule = (call) => alongAxis(0)(call);

/** Concat along an axis of the items' own; what all items share is repeated. */
export function joined(call: Call, operands: readonly Batched[], axis: number): Batched[] {
  const [first] = operands as [Batched];
  const changed = { axis: { int: physicalAxis(first, axis) } };
  return outputsOf(
    call,
    again(
      call,
      operands.map(({ ref }) => ref),
      changed,
    ),
    first.layout,
  );
}

/** Do all operands hold their items in the same way? */
export function areAlike(operands: readonly unknown[], axis: number): boolean {
  const batched = (operands as Batched[]).filter((operand) => isBatched(operand));
  const [first] = batched;
  if (first === undefined || batched.length < operands.length) return false;
  const { layout } = first;
  return (
    !(layout.kept && layout.axis === axis) &&
    batched.every((operand) => operand.layout.axis === layout.axis && operand.layout.kept === layout.kept)
  );
}
