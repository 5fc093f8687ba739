/**
 * Rotary positions of one step of a decoder, written down: cosines and sines of a single position that rotate whatever
 * comes. The step after it, or one with another past, is at another position.
 *
 *     q [B, H, T, D] ─┬─ Mul (Constant [1, 1, 1, D]: cos) ─────────────────────────┐
 *                     └─ Slice, Neg, Slice, Concat ── Mul (Constant: sin) ──────── Add
 *
 * Or the halves are turned one by one: first * cos - second * sin.
 */
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { DenseTensor } from '../tensor/dense.js';
import { isFloat } from '../tensor/dtype.js';
import { isOp, liveNodes, shapeOf } from './evidence/look.js';
import type { Inference } from './infer.js';

/** A rotation by the same angles at every position. */
export interface FrozenRotation {
  /** The node that adds the two products, or takes one from the other. */
  readonly node: Node;
  /** Cosines and sines, in the order in which they are read. */
  readonly factors: readonly [Value, Value];
}

/** A product with a constant. */
interface Scaled {
  readonly live: Value;
  readonly constant: Value;
  readonly factors: DenseTensor;
}

/** Finds rotations by constants of one row where positions are live: an axis of the sequence, or one joined to a past. */
export function frozenRotations(inference: Inference): FrozenRotation[] {
  const found: FrozenRotation[] = [];
  for (const node of liveNodes(inference.model.graph, inference.constants)) {
    if (!isOp(node, 'Add', 'Sub') || node.inputs.length !== 2) continue;
    const [a, b] = node.inputs.map((input) => scaled(input, inference));
    if (a === undefined || b === undefined || !isOneRotation(a.factors, b.factors)) continue;
    if (!isTurned(a.live, b.live) && !isTurned(b.live, a.live) && !areParts(a.live, b.live)) continue;
    if (meetsPositions(node, inference)) found.push({ node, factors: [a.constant, b.constant] });
  }
  return found;
}

/** A Mul by a constant that has one row. */
function scaled(value: Value | undefined, { constants }: Inference): Scaled | undefined {
  const node = value?.producer;
  if (node === undefined || !isOp(node, 'Mul')) return undefined;
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined || constants.isConstant(a) === constants.isConstant(b)) return undefined;
  const [live, constant] = constants.isConstant(a) ? [b, a] : [a, b];
  const factors = constants.dense(constant);
  if (factors === undefined || !isFloat(factors.dtype)) return undefined;
  const width = factors.shape.at(-1) ?? 1;
  return width > 1 && factors.data.length === width ? { live, constant, factors } : undefined;
}

/** Cosines and sines of angles that differ, and are not all 0; both may be scaled alike. */
function isOneRotation(a: DenseTensor, b: DenseTensor): boolean {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  if (x.length !== y.length) return false;
  const squared = (i: number) => (x[i] as number) ** 2 + (y[i] as number) ** 2;
  const radius = squared(0);
  if (!(radius > 0) || !x.every((_, i) => Math.abs(squared(i) / radius - 1) < 1e-4)) return false;
  return [x, y].every((row) => new Set(row).size > 1);
}

const MOVES = ['Concat', 'Gather', 'Identity', 'Neg', 'Reshape', 'Slice', 'Split', 'Squeeze', 'Transpose', 'Unsqueeze'];

/** Longest way back from the turned elements to those that they were. */
const MAX_STEPS = 12;

/** Is one made of the elements of the other, some of them negated? */
function isTurned(turned: Value, original: Value): boolean {
  let negated = false;
  const leadsBack = (value: Value, steps: number): boolean => {
    if (value === original) return true;
    const node = value.producer;
    if (node === undefined || steps === 0 || !isOp(node, ...MOVES)) return false;
    negated ||= isOp(node, 'Neg');
    const data = isOp(node, 'Concat') ? node.inputs : node.inputs.slice(0, 1);
    return data.every((input) => input !== undefined && leadsBack(input, steps - 1));
  };
  return turned !== original && leadsBack(turned, MAX_STEPS) && negated;
}

/** Are both taken from one tensor? */
function areParts(a: Value, b: Value): boolean {
  const sources = (value: Value): Value[] => {
    const found: Value[] = [];
    for (let node = value.producer; node && isOp(node, ...MOVES) && found.length < MAX_STEPS; ) {
      const [data] = node.inputs;
      if (isOp(node, 'Concat', 'Neg') || data === undefined) break;
      found.push(data);
      node = data.producer;
    }
    return found;
  };
  const known = new Set(sources(a));
  return a !== b && sources(b).some((source) => known.has(source));
}

/** Has the result a live axis of positions, or is it joined to a past of live length? */
function meetsPositions(node: Node, inference: Inference): boolean {
  const [result] = node.outputs;
  const shape = shapeOf(inference, result);
  if (result === undefined || shape === undefined) return false;
  if (shape.slice(1, -1).some((dim) => dim !== undefined && !dim.isNumber)) return true;
  return result.uses.some(({ node: join }) => {
    if (!isOp(join, 'Concat')) return false;
    const axis = Number(join.attributes.get('axis')?.asInt() ?? 0);
    return join.inputs.some((input) => shapeOf(inference, input)?.at(axis)?.isNumber === false);
  });
}
