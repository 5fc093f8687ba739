import type { Value } from '../../../model/value.js';
import type { Inference } from '../../infer.js';
import { sameTensor } from '../../unrolled/anti-unify.js';
import { operationKey } from '../../unrolled/fingerprints.js';
import type { CellState } from './cells.js';
import { type Gate, Gates, inputGate } from './gates.js';

/** A state as a loop has it. */
export type LoopState = Omit<CellState, 'gate'>;

/** States as cells have them. */
export interface CellStates {
  readonly states: readonly CellState[];
  /** States of the loop that only hold what is computed from another one, by that one. */
  readonly derived: ReadonlyMap<Value, Value>;
}

/**
 * Reads the body of a loop as recurrent cells. What a step computes from its result alone was put into that step, although it
 * is meant for the next: then the product of the state and its weights is handed on, instead of the state.
 *
 * @param rows - what the body reads of the sequences
 */
export function cellStates(loop: readonly LoopState[], rows: readonly Value[], inference: Inference): CellStates {
  const inputs = new Map<Value, Gate>();
  for (const value of [...loop.map(({ read }) => read), ...rows]) inputs.set(value, inputGate(value));
  const states = new Map<Value, LoopState>(loop.map((state) => [state.write, state]));
  const derived = new Map<Value, Value>();
  for (const state of loop) {
    const source = weightedIn(state.write, inference);
    if (source === undefined || source.producer === undefined || source.graph !== state.write.graph) continue;
    const initial = counterpart(state.write, state.initial, source, inference);
    const known = states.get(source);
    if (initial === undefined || (known !== undefined && known.initial !== initial)) continue;
    // What the step makes stands for what it begins with, where the loop has no name for that.
    const hidden = known ?? { read: source, write: source, initial };
    const before = new Gates(inference, new Map([[source, inputGate(hidden.read)]])).of(state.write);
    if (before?.kind !== 'linear') continue;
    states.set(source, hidden);
    states.delete(state.write);
    derived.set(state.read, hidden.read);
    inputs.set(state.read, { ...before, key: `before ${before.key}` });
  }
  const gates = new Gates(inference, inputs);
  return { states: [...states.values()].map((state) => ({ ...state, gate: gates.of(state.write) })), derived };
}

/** What weights are applied to, if a value is nothing but that with a bias, or a part of it. */
function weightedIn(value: Value, { constants }: Inference): Value | undefined {
  let current = value;
  for (;;) {
    const node = current.producer;
    if (node === undefined || node.domain !== '') return undefined;
    const [left, right] = node.inputs as [Value, Value];
    if (node.opType === 'MatMul' || node.opType === 'Gemm') return left;
    if (['Identity', 'Split', 'Slice', 'Squeeze', 'Unsqueeze'].includes(node.opType)) current = left;
    else if (node.opType !== 'Add') return undefined;
    else current = constants.isConstant(left) ? right : left;
  }
}

/** What another value is computed from, in the way in which one is computed from a source. */
function counterpart(value: Value, other: Value, source: Value, inference: Inference): Value | undefined {
  if (value === source) return other;
  const [node, twin] = [value.producer, other.producer];
  if (node === undefined || twin === undefined || value.outputIndex !== other.outputIndex) return undefined;
  if (operationKey(node) !== operationKey(twin) || node.inputs.length !== twin.inputs.length) return undefined;
  let found: Value | undefined;
  for (const [i, input] of node.inputs.entries()) {
    const actual = twin.inputs[i];
    if (input === undefined || actual === undefined) {
      if (input !== actual) return undefined;
    } else if (!isSame(input, actual, inference)) {
      const behind = counterpart(input, actual, source, inference);
      if (behind === undefined || (found ?? behind) !== behind) return undefined;
      found = behind;
    }
  }
  return found;
}

function isSame(a: Value, b: Value, { constants }: Inference): boolean {
  if (a === b) return true;
  if (!constants.isConstant(a) || !constants.isConstant(b)) return false;
  const [x, y] = [constants.dense(a), constants.dense(b)];
  return x !== undefined && y !== undefined && sameTensor(x, y);
}
