import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp } from '../harness.js';

const q = facts(1, ['B', 8, 'S', 64]);
const kv = facts(1, ['B', 2, 'L', 64]);
const texts = (...run: Parameters<typeof inferOp>) => inferOp(...run).outputs.map(factsText);

describe('Attention', () => {
  test('of heads apart', () => {
    const value = facts(1, ['B', 2, 'L', 32]);
    expect(texts('Attention', [q, kv, value], { outputs: 4 })).toEqual([
      'float[B, 8, S, 32]',
      'float[B, 2, L, 64]',
      'float[B, 2, L, 32]',
      'float[B, 8, S, L]',
    ]);
  });

  test('of heads side by side, after a past', () => {
    const packed = facts(1, ['B', 'S', 512]);
    const keys = facts(1, ['B', 'S', 128]);
    const past = facts(DataType.FLOAT16, ['B', 2, 'P', 64]);
    const attributes = { q_num_heads: 8, kv_num_heads: 2 };
    const inputs = [packed, keys, keys, undefined, past, past];
    const { outputs, conflicts } = inferOp('Attention', inputs, { attributes, outputs: 4 });
    expect(outputs.map(factsText)).toEqual([
      'float[B, S, 512]',
      'float[B, 2, P + S, 64]',
      'float[B, 2, P + S, 64]',
      'float[B, 8, S, P + S]',
    ]);
    expect(conflicts).toEqual([]);
  });

  test('a symbolic packed size stays what it is', () => {
    const packed = facts(1, ['B', 'S', 'D']);
    const attributes = { q_num_heads: 8, kv_num_heads: 8 };
    expect(inferOp('Attention', [packed, packed, packed], { attributes }).shape).toBe('[B, S, D]');
  });

  test('a mask of the traced length is a conflict at both axes', () => {
    const mask = facts(DataType.BOOL, [1, 1, 1000, 1000]);
    const { conflicts } = inferOp('Attention', [q, kv, kv, mask]);
    expect(conflicts).toEqual(['1000|S|mask of Attention', '1000|L|mask of Attention']);
  });

  test('a mask may be broadcast, and end early since opset 24', () => {
    const past = facts(1, ['B', 2, 'P', 64]);
    const early = facts(1, ['S', 'L']);
    const run = (opset: number) => inferOp('Attention', [q, kv, kv, early, past, past], { opset });
    expect(inferOp('Attention', [q, kv, kv, facts(1, ['B', 1, 1, 'L'])]).equalities).toEqual([]);
    expect(run(24)).toMatchObject({ equalities: [], conflicts: [] });
    expect(run(23).conflicts.length + run(23).equalities.length).toBe(1);
  });

  test('keys of another batch, of another length than values, of other heads', () => {
    const { conflicts } = inferOp('Attention', [q, facts(1, [4, 2, 'L', 64]), facts(1, ['B', 3, 7, 64])]);
    expect(conflicts).toEqual([
      'B|4|batch of Attention',
      '2|3|key and value heads of Attention',
      'L|7|keys and values of Attention',
    ]);
  });

  test('of an unknown query', () => {
    expect(texts('Attention', [undefined, kv, kv], { outputs: 2 })).toEqual(['?', 'float[B, 2, L, 64]']);
  });
});

describe('LinearAttention', () => {
  const attributes = { q_num_heads: 4, kv_num_heads: 2 };
  const inputs = [facts(10, ['B', 'T', 32]), facts(10, ['B', 'T', 16]), facts(10, ['B', 'T', 24])];

  test('its state has the type of the past', () => {
    const past = facts(1, ['B', 2, 8, 12]);
    const decay = facts(10, ['B', 'T', 2]);
    const run = texts('LinearAttention', [...inputs, past, decay], { attributes, outputs: 2 });
    expect(run).toEqual(['float16[B, T, 48]', 'float[B, 2, 8, 12]']);
    expect(texts('LinearAttention', inputs, { attributes, outputs: 2 })[1]).toBe('float16[B, 2, 8, 12]');
  });

  test('a decay that was frozen at a length is a conflict', () => {
    const decay = facts(10, ['B', 100, 2]);
    const { conflicts } = inferOp('LinearAttention', [...inputs, undefined, decay], { attributes });
    expect(conflicts).toEqual(['T|100|sequence of LinearAttention']);
  });
});

test('FlexAttention', () => {
  const said = inferOp('FlexAttention', [q, kv, facts(1, ['B', 2, 'L', 16])], { domain: 'ai.onnx.preview', opset: 1 });
  expect(said.shape).toBe('[B, 8, S, 16]');
  const conflicts = inferOp('FlexAttention', [q, kv, facts(1, ['B', 2, 9, 16])], { domain: 'ai.onnx.preview' });
  expect(conflicts.conflicts).toEqual(['L|9|keys and values of FlexAttention']);
});

describe('RotaryEmbedding', () => {
  const heads = facts(1, ['B', 8, 'T', 64]);

  test('a table of the traced length is a conflict, one that is looked up is not', () => {
    const table = facts(1, [1, 1000, 32]);
    const said = inferOp('RotaryEmbedding', [heads, table, table]);
    expect(said.conflicts).toEqual(['T|1000|positions of RotaryEmbedding', 'T|1000|positions of RotaryEmbedding']);
    expect(said.shape).toBe('[B, 8, T, 64]');
    const rows = facts(1, [1000, 32]);
    const looked = inferOp('RotaryEmbedding', [heads, rows, rows, facts(DataType.INT64, ['B', 'T'])]);
    expect(looked.conflicts).toEqual([]);
  });

  test('position ids tell what the packed input does not', () => {
    const rows = facts(1, [1000, 32]);
    const inputs = [facts(1, [undefined, undefined, 512]), rows, rows, facts(DataType.INT64, ['B', 'T'])];
    expect(inferOp('RotaryEmbedding', inputs, { attributes: { num_heads: 8 } }).shape).toBe('[B, T, 512]');
  });
});
