import { Dim } from '../../symbolic/dim.js';
import { type AxisOfInput, equalAxes } from '../lib/equal-sizes.js';
import type { InferContext, OpDefinition } from '../types.js';

const DIRECTIONS: Readonly<Record<string, number>> = { forward: 1, reverse: 1, bidirectional: 2 };

/**
 * Inputs X, W, R, B, sequence_lens, initial_h and, of LSTM, initial_c. With `layout = 0` X is [sequence, batch, input] and
 * states are [directions, batch, hidden]; with `layout = 1` the batch comes first in all of them.
 */
function inferRecurrent(ctx: InferContext): void {
  const { attributes, opType } = ctx;
  const batchFirst = attributes.int('layout', 0) === 1;
  const directions = Dim.of(DIRECTIONS[attributes.string('direction', 'forward')] ?? 1);
  const stateAxis = batchFirst ? 0 : 1;
  const states = opType === 'LSTM' ? [5, 6] : [5];
  const sequence = ctx.shape(0)?.[batchFirst ? 1 : 0];
  const stateSites = (axis: number) => states.map((input): AxisOfInput => [input, axis]);
  const batch = equalAxes(ctx, `batch of ${opType}`, [0, batchFirst ? 0 : 1], [4, 0], ...stateSites(stateAxis));
  equalAxes(ctx, `input size of ${opType}`, [0, 2], [1, 2]);
  // The hidden size is a parameter, whichever of these shows it.
  const shown = equalAxes(ctx, `hidden size of ${opType}`, [2, 2], ...stateSites(2));
  const given = attributes.int('hidden_size');
  const hidden = given === undefined ? shown : ctx.unify(Dim.of(given), shown, `hidden_size of ${opType}`);

  const dtype = ctx.dtype(0) ?? ctx.dtype(1);
  const all = batchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden];
  const state = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  for (let i = 0; i < ctx.outputCount; i++) if (ctx.hasOutput(i)) ctx.setTensor(i, dtype, i === 0 ? all : state);
}

/** Recurrent layers: every step, and the last state of each direction. */
export const definitions: readonly OpDefinition[] = ['LSTM', 'GRU', 'RNN'].map((name) => ({
  name,
  infer: inferRecurrent,
}));
