import type { Cell } from '../../analysis/recurrence/cells/cells.js';
import type { Linear } from '../../analysis/recurrence/cells/gates.js';
import type { Value } from '../../model/value.js';
import type { Shape } from '../../ops/types.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import type { Draft, Ref } from '../batching/draft.js';
import { moving } from '../batching/operand.js';

/** What a recurrent operator goes through. */
export interface CellInput {
  readonly source: Value;
  /** The axis of the steps. */
  readonly axis: number;
  /** Shape of the source. */
  readonly shape: Shape;
  readonly reversed: boolean;
}

/** What a state is before the first step. */
export interface CellStart {
  readonly value: Value;
  readonly shape: Shape;
}

/** A recurrent operator on paper. */
export interface CellOperator {
  /** The hidden states of all steps, in the order of the sequence along a new first axis. */
  readonly all: Ref;
  /** The last of each state. */
  readonly last: readonly Ref[];
}

/** The cell over all steps as LSTM, GRU or RNN; undefined where its sequence or states have shapes that those do not take. */
export function cellOperator(
  cell: Cell,
  row: Value,
  input: CellInput,
  starts: readonly CellStart[],
  draft: Draft,
): CellOperator | undefined {
  const [hidden] = starts as [CellStart];
  const size = hidden.shape.at(-1)?.value;
  const rowAxes = axesOf(input.shape.toSpliced(input.axis, 1));
  const stateAxes = starts.map(({ shape }) => axesOf(shape));
  const columns = input.shape.at(input.axis === input.shape.length - 1 ? -2 : -1)?.value;
  if (size === undefined || columns === undefined || rowAxes === undefined) return undefined;
  // Each step broadcasts; the operator does not.
  const isSameBatch = stateAxes.every((axes) => axes !== undefined && isEqual(axes.batch, rowAxes.batch));
  if (!isSameBatch || !starts.every(({ shape }) => shape.at(-1)?.equals(size))) return undefined;
  const weights = weightsOf(cell, row, size, columns);
  if (weights === undefined) return undefined;

  const floats = (data: Float32Array, shape: readonly number[]) =>
    draft.constant({ dtype: DataType.FLOAT, shape, data });
  const front = draft.transpose(draft.value(input.source), moving(input.shape.length, input.axis, 0));
  const sequence = toMatrix(
    draft,
    front,
    rowAxes.units.map((axis) => axis + 1),
    rowAxes.isVector,
    1,
  );
  const initial = starts.map(({ value }, i) => {
    const { units, isVector } = stateAxes[i] as Axes;
    return draft.unsqueeze(toMatrix(draft, draft.value(value), units, isVector, 0), [0]);
  });
  const outputs = draft.nodes(
    cell.operator,
    [
      sequence,
      floats(weights.input, [1, weights.input.length / columns, columns]),
      floats(weights.state, [1, weights.state.length / size, size]),
      floats(weights.bias, [1, weights.bias.length]),
      undefined,
      ...initial,
    ],
    {
      hidden_size: { int: size },
      ...(input.reversed ? { direction: { string: 'reverse' } } : {}),
      ...(cell.after ? { linear_before_reset: { int: 1 } } : {}),
      ...(cell.activation === 'Relu' ? { activations: { strings: ['Relu'] } } : {}),
    },
    1 + starts.length,
  );
  const [y, ...last] = outputs as [Ref, ...Ref[]];
  const asState = (ref: Ref, i: number, offset: number) => {
    const { units, isVector } = stateAxes[i] as Axes;
    const matrix = draft.squeeze(ref, [offset]);
    if (isVector) return draft.squeeze(matrix, [offset]);
    return draft.unsqueeze(
      matrix,
      units.map((axis) => axis + offset),
    );
  };
  return { all: asState(y, 0, 1), last: last.map((ref, i) => asState(ref, i, 0)) };
}

interface Axes {
  /** The number of sequences; undefined where there is a single one. */
  readonly batch: Dim | undefined;
  /** Axes of size 1 besides that of the batch and the last. */
  readonly units: readonly number[];
  readonly isVector: boolean;
}

/** A matrix `[batch, features]`, with axes of size 1 anywhere before the last. */
function axesOf(shape: Shape): Axes | undefined {
  const before = shape.slice(0, -1);
  const units = before.flatMap((dim, axis) => (dim?.equals(1) ? [axis] : []));
  const wide = before.filter((dim) => !dim?.equals(1));
  if (shape.length === 0 || wide.length > 1) return undefined;
  if (wide.length === 1) return wide[0] && { batch: wide[0], units, isVector: false };
  return { batch: undefined, units: units.slice(1), isVector: before.length === 0 };
}

function isEqual(a: Dim | undefined, b: Dim | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

function toMatrix(draft: Draft, ref: Ref, units: readonly number[], isVector: boolean, at: number): Ref {
  return isVector ? draft.unsqueeze(ref, [at]) : draft.squeeze(ref, units);
}

/** Weights and biases of all gates, one after the other. */
function weightsOf({ gates, after, states }: Cell, row: Value, size: number, columns: number) {
  const state = states[0]?.read;
  const input = new Float32Array(gates.length * size * columns);
  const recurrent = new Float32Array(gates.length * size * size);
  const bias = new Float32Array(2 * gates.length * size);
  const put = (linear: Linear, gate: number, biasAt: number) => {
    if (linear.bias.length !== size) return false;
    bias.set(linear.bias, biasAt * size);
    return linear.parts.every(({ input: source, weights }) => {
      if (source.kind !== 'input') return false;
      const isRow = source.value === row;
      if (!isRow && source.value !== state) return false;
      const width = isRow ? columns : size;
      if (weights.rows !== size || weights.columns !== width) return false;
      const whole = isRow ? input : recurrent;
      // A gate may read the same thing twice.
      weights.data.forEach((number, i) => {
        const at = gate * size * width + i;
        whole[at] = (whole[at] as number) + number;
      });
      return true;
    });
  };
  const last = gates.length - 1;
  const fits =
    gates.every((linear, gate) => put(linear, gate, gate)) &&
    (after === undefined || put(after, last, gates.length + last));
  // The state's weights come before the reset only where they are told apart.
  const isApart = after === undefined || gates[last]?.parts.every(({ input: source }) => source.key === row.name);
  return fits && isApart ? { input, state: recurrent, bias } : undefined;
}
