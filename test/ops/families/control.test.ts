import { describe, expect, test } from 'vitest';
import type { Facts, SubgraphInference } from '../../../src/ops/types.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { bool, facts, inferOp, int64 } from '../harness.js';

const { FLOAT, INT64, BOOL } = DataType;
const f = (...shape: (number | string | undefined)[]) => facts(FLOAT, shape);
const TRUE = facts(BOOL, [], [Dim.of(1)]);

type Body = (inputs: readonly (Facts | undefined)[]) => readonly (Facts | undefined)[];

function subgraph(inputCount: number, infer: Body): SubgraphInference & { readonly seen: (Facts | undefined)[][] } {
  const seen: (Facts | undefined)[][] = [];
  return {
    seen,
    inputCount,
    outputCount: 0,
    infer(inputs) {
      seen.push([...inputs]);
      return infer(inputs);
    },
  };
}

function contentText(value: Facts | undefined): string | undefined {
  return value?.kind === 'tensor' ? value.content?.join(' ') : undefined;
}

/** Concat along axis 0, by the rule itself. */
function concat(a: Facts | undefined, b: Facts | undefined): Facts | undefined {
  return inferOp('Concat', [a, b], { attributes: { axis: 0 } }).outputs[0];
}

describe('If', () => {
  const run = (condition: Facts | ReturnType<typeof bool>, yes: Facts | undefined, no: Facts | undefined) =>
    inferOp('If', [condition], {
      subgraphs: { then_branch: subgraph(0, () => [yes]), else_branch: subgraph(0, () => [no]) },
    });

  test('keeps what both branches agree on', () => {
    const { tensor, shape } = run(facts(BOOL, []), f('B', 'T', 80), f('B', 'T', 80));
    expect(shape).toBe('[B, T, 80]');
    expect(tensor?.dtype).toBe(FLOAT);
  });

  test('gives a size that differs a name of its own', () => {
    const { tensor } = run(facts(BOOL, []), f('B', 'T'), f('B', 'U'));
    expect(tensor?.shape?.[0]?.toString()).toBe('B');
    expect(tensor?.shape?.[1]?.isFresh).toBe(true);
  });

  test('knows neither a rank nor a type that differs', () => {
    expect(run(facts(BOOL, []), f('B'), f('B', 1)).tensor).toEqual({ kind: 'tensor', dtype: FLOAT, shape: undefined });
    expect(run(facts(BOOL, []), f('B'), facts(INT64, ['B'])).tensor?.dtype).toBeUndefined();
    expect(run(facts(BOOL, []), f('B'), undefined).outputs).toEqual([undefined]);
  });

  test('takes the branch that a known condition chooses', () => {
    expect(run(bool([1], []), f('B'), f('B', 1)).shape).toBe('[B]');
    expect(run(bool([0], []), f('B'), f('B', 1)).shape).toBe('[B, 1]');
  });

  test('keeps elements that are the same in both', () => {
    const a = facts(INT64, [3], ['B', 'T', -1]);
    const b = facts(INT64, [3], ['B', 'U', -1]);
    expect(run(facts(BOOL, []), a, b).content).toBe('[B, ?, -1]');
  });
});

describe('Loop', () => {
  const loop = (inputs: Parameters<typeof inferOp>[1], body: SubgraphInference, outputs: number) => {
    const result = inferOp('Loop', inputs, { outputs, subgraphs: { body } });
    return { ...result, texts: result.outputs.map(factsText) };
  };

  test('scans stack as many slices as there are iterations', () => {
    const body = subgraph(3, ([, condition, state]) => [condition, state, f('B', 8)]);
    expect(loop([facts(INT64, [], ['T']), undefined, f('B', 4)], body, 2).texts).toEqual([
      'float[B, 4]',
      'float[T, B, 8]',
    ]);
    expect(loop([int64([7], []), bool([1], []), f('B', 4)], body, 2).texts).toEqual(['float[B, 4]', 'float[7, B, 8]']);
  });

  test('inside of the body the condition holds, and the iteration is not known', () => {
    const body = subgraph(3, ([, condition, state]) => [condition, state]);
    loop([facts(INT64, [], ['T']), undefined, f('B')], body, 1);
    expect(body.seen[0]?.map(factsText)).toEqual(['int64[]', 'bool[]', 'float[B]']);
    expect(contentText(body.seen[0]?.[1])).toBe('1');
  });

  test('an end that depends on data leaves the number of iterations open', () => {
    const body = subgraph(3, ([, , state]) => [facts(BOOL, []), state, f(8)]);
    const { outputs } = loop([facts(INT64, [], ['T']), undefined, f('B', 4)], body, 2);
    const scanned = outputs[1]?.kind === 'tensor' ? outputs[1].shape : undefined;
    expect(scanned?.[0]?.isFresh).toBe(true);
    expect(scanned?.[1]?.value).toBe(8);
  });

  test('a size that grows by the same amount each time is known after the loop', () => {
    const grow = subgraph(3, ([, condition, state]) => [condition, concat(state, f(2, 'D'))]);
    expect(loop([facts(INT64, [], ['T']), undefined, f('N', 'D')], grow, 1).texts).toEqual(['float[N + 2*T, D]']);
    const [, , size] = grow.seen.at(-1) ?? [];
    expect(size?.kind === 'tensor' && size.shape?.[0]?.isFresh).toBe(true);
  });

  test('a few iterations are followed one by one', () => {
    const double = subgraph(3, ([, condition, state]) => [condition, concat(state, state)]);
    expect(loop([int64([4], []), undefined, f(3)], double, 1).texts).toEqual(['float[48]']);
    const last = double.seen.at(-1)?.[2];
    expect(last?.kind === 'tensor' && last.shape?.[0]?.isFresh, 'the body is left as it is in every iteration').toBe(
      true,
    );
    const [unknown] = loop([facts(INT64, [], ['T']), undefined, f(3)], double, 1).outputs;
    expect(unknown?.kind === 'tensor' && unknown.shape?.[0]?.isFresh).toBe(true);
  });

  test('a condition that becomes false ends it', () => {
    const countdown = subgraph(4, ([iteration, , state, left]) => {
      const next = inferOp('Sub', [left, int64([1], [])]).outputs[0];
      const goesOn = inferOp('Greater', [next, int64([0], [])]).outputs[0];
      return [goesOn, concat(state, f(1)), next, iteration];
    });
    const inputs = [undefined, TRUE, f(0), int64([3], [])];
    const { texts, outputs } = loop(inputs, countdown, 3);
    expect(texts).toEqual(['float[3]', 'int64[]', 'int64[3]']);
    expect(contentText(outputs[1])).toBe('0');
  });

  test('a loop that never runs gives its state back', () => {
    const body = subgraph(3, ([, condition, state]) => [condition, concat(state, state), f(8)]);
    expect(loop([int64([0], []), undefined, f('B')], body, 2).texts).toEqual(['float[B]', 'float[0, 8]']);
    expect(loop([undefined, bool([0], []), f('B')], body, 2).texts).toEqual(['float[B]', 'float[0, 8]']);
  });

  test('a rank that changes is not known', () => {
    const body = subgraph(3, ([, condition, state]) => {
      const shape = state?.kind === 'tensor' ? state.shape : undefined;
      return [condition, { kind: 'tensor', dtype: FLOAT, shape: shape && [...shape, Dim.of(1)] }];
    });
    expect(loop([facts(INT64, [], ['T']), undefined, f('B')], body, 1).texts).toEqual(['float']);
  });

  test('elements that change are dropped, others are kept', () => {
    const body = subgraph(3, ([, condition, state]) => {
      const next = inferOp('Add', [state, facts(INT64, [2], [Dim.of(0), Dim.of(1)])]).outputs[0];
      return [condition, next];
    });
    const { content } = loop([facts(INT64, [], ['T']), undefined, facts(INT64, [2], ['B', Dim.of(0)])], body, 1);
    expect(content).toBe('[B, ?]');
  });

  test('sequences collect what is inserted', () => {
    const body = subgraph(3, ([, condition, state]) => [
      condition,
      inferOp('SequenceInsert', [state, f('B', 4)]).outputs[0],
    ]);
    const empty: Facts = { kind: 'sequence', element: { kind: 'tensor', dtype: FLOAT }, elements: [] };
    const known = loop([int64([3], []), undefined, empty], body, 1).outputs[0];
    expect(known?.kind === 'sequence' && known.elements?.map(factsText)).toEqual(new Array(3).fill('float[B, 4]'));
    const open = loop([facts(INT64, [], ['T']), undefined, empty], body, 1).outputs[0];
    expect(open?.kind === 'sequence' && [factsText(open.element), open.elements]).toEqual(['float[B, 4]', undefined]);
  });

  test('several items of a state that are more afterwards are a conflict, one or none are not', () => {
    const body = subgraph(3, ([, condition]) => [condition, f('B', 4)]);
    const conflicts = (size: number) => loop([facts(INT64, [], ['T']), undefined, f(size, 4)], body, 1).conflicts;
    expect([2, 1, 0].map(conflicts)).toEqual([['2|B|state of Loop'], [], []]);
  });

  test('an optional that the body fills', () => {
    const body = subgraph(3, ([, condition]) => [condition, f('B')]);
    const none: Facts = { kind: 'optional', element: f('B') };
    expect(loop([facts(INT64, [], ['T']), undefined, none], body, 1).texts).toEqual(['float[B]']);
  });
});

describe('Scan', () => {
  const scan = (inputs: Facts[], body: SubgraphInference, attributes: Record<string, number | number[]>, opset = 21) =>
    inferOp('Scan', inputs, { outputs: 2, opset, attributes, subgraphs: { body } });

  test('goes along an axis of its inputs', () => {
    const body = subgraph(2, ([state, x]) => [state, x]);
    const { outputs } = scan([f('B', 8), f('T', 'B', 4)], body, { num_scan_inputs: 1 });
    expect(outputs.map(factsText)).toEqual(['float[B, 8]', 'float[T, B, 4]']);
    expect(body.seen[0]?.map(factsText)).toEqual(['float[B, 8]', 'float[B, 4]']);
  });

  test('takes and puts slices where the attributes say', () => {
    const body = subgraph(2, ([state, x]) => [state, x]);
    const attributes = { num_scan_inputs: 1, scan_input_axes: [1], scan_output_axes: [-1] };
    const { outputs } = scan([f(8), f('B', 'T', 4)], body, attributes);
    expect(outputs.map(factsText)).toEqual(['float[8]', 'float[B, 4, T]']);
  });

  test('inputs of different lengths are a conflict', () => {
    const body = subgraph(3, ([state, x]) => [state, x]);
    const { conflicts } = scan([f(8), f('T', 4), f(100, 4)], body, { num_scan_inputs: 2 });
    expect(conflicts).toEqual(['T|100|length of the inputs of Scan']);
  });

  test('a state that its first step would change is a conflict', () => {
    const body = subgraph(2, ([, x]) => [x, x]);
    expect(scan([f(2, 4), f('T', 'B', 4)], body, { num_scan_inputs: 1 }).conflicts).toEqual(['2|B|state of Scan']);
    expect(scan([f('B', 4), f('T', 'B', 4)], body, { num_scan_inputs: 1 }).conflicts).toEqual([]);
  });

  test('had a batch and lengths before opset 9', () => {
    const body = subgraph(2, ([state, x]) => [state, x]);
    const inputs = [facts(INT64, ['B']), f('B', 8), f('B', 'T', 4)];
    const { outputs, conflicts } = scan(inputs, body, { num_scan_inputs: 1 }, 8);
    expect(outputs.map(factsText)).toEqual(['float[B, 8]', 'float[B, T, 4]']);
    expect(conflicts).toEqual([]);
  });
});
