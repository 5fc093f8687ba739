import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { facts, inferOp, int32 } from '../harness.js';

const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
const layers = fc.record({
  opType: fc.constantFrom('LSTM', 'GRU', 'RNN' as keyof typeof GATES),
  direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
  sequence: fc.integer({ min: 1, max: 5 }),
  batch: fc.integer({ min: 1, max: 3 }),
  input: fc.integer({ min: 1, max: 4 }),
  hidden: fc.integer({ min: 1, max: 4 }),
  states: fc.boolean(),
  names: fc.boolean(),
});

test('as onnxruntime', async () => {
  await fc.assert(
    fc.asyncProperty(layers, async ({ opType, direction, sequence, batch, input, hidden, states, names }) => {
      const both = direction === 'bidirectional' ? 2 : 1;
      const gates = GATES[opType] * hidden;
      const state = [both, batch, hidden];
      const optional = [[both, 2 * gates], int32(new Array<number>(batch).fill(1)), state];
      if (opType === 'LSTM') optional.push(state);
      await expectShapes({
        opType,
        inputs: [[sequence, batch, input], [both, gates, input], [both, gates, hidden], ...(states ? optional : [])],
        // onnxruntime needs the hidden size as an attribute; the standard does not.
        attributes: { direction, hidden_size: hidden, ...(names ? { layout: 0 } : {}) },
        outputs: opType === 'LSTM' ? 3 : 2,
      });
    }),
    { numRuns: 80 },
  );
});

describe('LSTM', () => {
  const weights = [facts(1, [2, 256, 80]), facts(1, [2, 256, 64])];

  test('with the batch first', () => {
    const attributes = { layout: 1, direction: 'bidirectional' };
    const { outputs } = inferOp('LSTM', [facts(1, ['B', 'T', 80]), ...weights], { attributes, outputs: 3 });
    expect(outputs.map(factsText)).toEqual(['float[B, T, 2, 64]', 'float[B, 2, 64]', 'float[B, 2, 64]']);
  });

  test('a state that was frozen at one batch is a conflict', () => {
    const state = facts(1, [2, 4, 64]);
    const inputs = [facts(1, ['T', 'B', 80]), ...weights, undefined, undefined, state, state];
    const { conflicts, shape } = inferOp('LSTM', inputs, { attributes: { direction: 'bidirectional' } });
    expect(conflicts).toEqual(['B|4|batch of LSTM', 'B|4|batch of LSTM']);
    expect(shape).toBe('[T, 2, B, 64]');
  });

  test('lengths tell the batch, the attribute the hidden size', () => {
    const inputs = [facts(1, undefined), undefined, undefined, undefined, facts(DataType.INT32, ['B'])];
    expect(inferOp('LSTM', inputs, { attributes: { hidden_size: 64 } }).shape).toBe('[?, 1, B, 64]');
  });

  test('the state of one direction', () => {
    const { outputs } = inferOp('LSTM', [facts(1, ['T', 'B', 80]), ...weights], { outputs: 2 });
    expect(factsText(outputs[1])).toBe('float[1, B, 64]');
  });
});
