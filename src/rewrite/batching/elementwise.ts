import { again, type BatchRule, type Call, operandAt, outputsOf, Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import { type Batched, isBatched, type Layout, type Operand, toFront } from './operand.js';

/** Operands that broadcast against each other. */
export interface Aligned {
  readonly refs: readonly Ref[];
  /** Where the axis of the items is in the result, whose items have so many axes. */
  layout(rank: number): Layout;
}

/**
 * Brings the axes of the items of several operands in line, so that they broadcast item by item.
 *
 * @param matrixAxes - so many last axes do not broadcast: 2 for MatMul
 */
export function align(draft: Draft, operands: readonly Operand[], matrixAxes = 0): Aligned {
  const batched = operands.filter(isBatched);
  const position = positionOf(batched[0] as Batched);
  const inLine = position >= matrixAxes && batched.every((operand) => positionOf(operand) === position);
  return (inLine ? asTheyAre(draft, operands, batched, position) : undefined) ?? atFront(draft, operands);
}

/** How many axes stand to the right of the items'. */
function positionOf({ layout, shape }: Batched): number {
  return layout.kept ? shape.length - 1 - layout.axis : shape.length - layout.axis;
}

function asTheyAre(
  draft: Draft,
  operands: readonly Operand[],
  batched: readonly Batched[],
  position: number,
): Aligned | undefined {
  if (batched.every(({ layout }) => !layout.kept)) {
    const refs = operands.map(({ ref, layout, shape }) =>
      layout || shape.length <= position ? ref : draft.unsqueeze(ref, [shape.length - position]),
    );
    return { refs, layout: (rank) => ({ axis: rank - position, kept: false }) };
  }
  // An axis that is kept in some and dropped in others lines up where nothing stands left of it.
  const fits = operands.every(({ layout, shape }) => {
    if (layout) return layout.kept || layout.axis === 0;
    return shape.length <= position || shape[shape.length - 1 - position]?.equals(1);
  });
  const layout = (rank: number) => ({ axis: rank - 1 - position, kept: true });
  return fits ? { refs: operands.map(({ ref }) => ref), layout } : undefined;
}

function atFront(draft: Draft, operands: readonly Operand[]): Aligned {
  const rank = Math.max(...operands.map(({ shape }) => shape.length));
  const refs = operands.map((operand) => {
    if (!isBatched(operand)) return operand.ref;
    const missing = rank - operand.shape.length;
    const axes = Array.from({ length: missing }, (_, i) => i + 1);
    return draft.unsqueeze(toFront(draft, operand).ref, axes);
  });
  return { refs, layout: (itemRank) => ({ axis: itemRank - rank, kept: false }) };
}

/** Operators that compute every element from the elements at the same place. */
export const elementwise: BatchRule = (call) => {
  const { draft, operands } = call;
  const present = operands.filter((operand) => operand !== undefined);
  const { refs, layout } = align(draft, present);
  const all = [...refs];
  const inputs = operands.map((operand) => operand && all.shift());
  return outputsOf(call, again(call, inputs), layout(call.outputs[0]?.length ?? 0));
};

/** QuantizeLinear and the like: elementwise where one scale is for the whole tensor. */
export const perTensor: BatchRule = (call) => {
  for (let i = 1; i < call.operands.length; i++) {
    if ((call.operands[i]?.shape.length ?? 0) > 0)
      throw new Unbatchable(`${call.node.opType} has a scale for each axis`);
  }
  return elementwise(call);
};

/** CastLike, RandomNormalLike ..: only the first operand has elements that count. */
export const likeFirst: BatchRule = (call: Call) => {
  const first = operandAt(call, 0);
  if (!isBatched(first)) throw new Unbatchable('its first operand is the same for all items');
  return outputsOf(
    call,
    again(
      call,
      call.operands.map((operand) => operand?.ref),
    ),
    first.layout,
  );
};
