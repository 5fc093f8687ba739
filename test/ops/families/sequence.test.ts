import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/ops/types.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp, int64 } from '../harness.js';

const { FLOAT, INT64 } = DataType;
const f = (...shape: (number | string | undefined)[]) => facts(FLOAT, shape);
const any = (element: Facts): Facts => ({ kind: 'sequence', element });

/** `<what all are>: [one by one]`. */
function text(sequence: Facts | undefined): string {
  if (sequence?.kind !== 'sequence') return factsText(sequence);
  return `${factsText(sequence.element)}: [${sequence.elements?.map(factsText).join(' ') ?? '...'}]`;
}

const run = (opType: string, inputs: Parameters<typeof inferOp>[1], options: Parameters<typeof inferOp>[2] = {}) =>
  text(inferOp(opType, inputs, options).outputs[0]);
const make = (...elements: Facts[]) => inferOp('SequenceConstruct', elements).outputs[0] as Facts;

describe('sequences of known length', () => {
  const three = make(f('B', 1), f('B', 2), f('B', 3));

  test('are what they are made of', () => {
    expect(text(three)).toBe('float[B, ?]: [float[B, 1] float[B, 2] float[B, 3]]');
    expect(run('SequenceEmpty', [], { attributes: { dtype: INT64 } })).toBe('int64: []');
  });

  test('take elements at a position, or at the end', () => {
    const pair = make(f(1), f(2));
    expect(run('SequenceInsert', [pair, f(3)])).toContain('[float[1] float[2] float[3]]');
    expect(run('SequenceInsert', [pair, f(3), int64([0], [])])).toContain('[float[3] float[1] float[2]]');
    expect(run('SequenceInsert', [pair, f(3), int64([-1], [])])).toContain('[float[1] float[3] float[2]]');
    expect(run('SequenceInsert', [pair, f(3), facts(INT64, [])])).toBe('float[?]: [...]');
  });

  test('lose elements', () => {
    expect(run('SequenceErase', [three])).toContain('[float[B, 1] float[B, 2]]');
    expect(run('SequenceErase', [three, int64([0], [])])).toContain('[float[B, 2] float[B, 3]]');
    expect(run('SequenceErase', [three, facts(INT64, [])])).toBe('float[B, ?]: [...]');
  });

  test('give an element, or what all have in common', () => {
    expect(run('SequenceAt', [three, int64([-1], [])])).toBe('float[B, 3]');
    expect(run('SequenceAt', [three, facts(INT64, [])])).toBe('float[B, ?]');
  });

  test('know their length', () => {
    expect(inferOp('SequenceLength', [three]).content).toBe('[3]');
    const { tensor } = inferOp('SequenceLength', [any(f(1))]);
    expect(tensor?.content?.[0]).toSatisfy((n) => n instanceof Dim && n.isFresh);
  });
});

describe('SplitToSequence', () => {
  test('cuts slices of one, or drops the axis', () => {
    expect(run('SplitToSequence', [f(2, 'T')])).toBe('float[1, T]: [float[1, T] float[1, T]]');
    expect(run('SplitToSequence', [f(2, 'T')], { attributes: { keepdims: 0 } })).toBe('float[T]: [float[T] float[T]]');
    expect(run('SplitToSequence', [f('B', 'T')], { attributes: { axis: 1 } })).toBe('float[B, 1]: [...]');
  });

  test('cuts pieces of a size, the last one what is left', () => {
    expect(run('SplitToSequence', [f(7), int64([3], [])])).toContain('[float[3] float[3] float[1]]');
    expect(run('SplitToSequence', [f('3*T'), int64([3], [])])).toBe('float[3]: [...]');
    expect(run('SplitToSequence', [f('T'), int64([3], [])])).toBe('float[?]: [...]');
  });

  test('cuts pieces of given sizes, which add up', () => {
    const sizes = facts(INT64, [2], ['T', 'U']);
    expect(run('SplitToSequence', [f('T + U'), sizes])).toBe('float[?]: [float[T] float[U]]');
    expect(run('SplitToSequence', [f('N'), facts(INT64, [2])])).toBe('float[?]: [float[?] float[?]]');
    expect(inferOp('SplitToSequence', [f(5), int64([2, 2])]).conflicts).toEqual([
      '5|4|sum of the sizes of SplitToSequence',
    ]);
  });
});

describe('ConcatFromSequence', () => {
  const attributes = { axis: 1 };

  test('adds up sizes', () => {
    expect(run('ConcatFromSequence', [make(f('B', 'T', 4), f('B', 2, 4))], { attributes })).toBe('float[B, T + 2, 4]');
  });

  test('stacks along a new axis', () => {
    const options = { attributes: { axis: -1, new_axis: 1 } };
    expect(run('ConcatFromSequence', [make(f('B', 4), f('B', 4))], options)).toBe('float[B, 4, 2]');
    expect(run('ConcatFromSequence', [any(f('B', 4))], options)).toMatch(/^float\[B, 4, \?length_\d+\]$/);
  });

  test('of unknown length is open on the axis only', () => {
    expect(run('ConcatFromSequence', [any(f('B', 4))], { attributes })).toMatch(/^float\[B, \?concat_\d+\]$/);
  });

  test('other axes must fit', () => {
    const { conflicts } = inferOp('ConcatFromSequence', [make(f('B', 4), f(3, 4))], { attributes });
    expect(conflicts).toEqual(['B|3|axis 0 of ConcatFromSequence']);
  });

  test('undoes SplitToSequence', () => {
    const parts = inferOp('SplitToSequence', [f(6, 'T'), int64([4], [])]).outputs[0] as Facts;
    expect(run('ConcatFromSequence', [parts], { attributes: { axis: 0 } })).toBe('float[6, T]');
  });
});

describe('SequenceMap', () => {
  const body = {
    inputCount: 2,
    outputCount: 1,
    infer: (inputs: readonly (Facts | undefined)[]) => inferOp('Concat', inputs, { attributes: { axis: 0 } }).outputs,
  };

  test('maps element by element', () => {
    expect(run('SequenceMap', [make(f(1), f(2)), f('N')], { subgraphs: { body } })).toContain(
      '[float[N + 1] float[N + 2]]',
    );
    expect(run('SequenceMap', [make(f(1), f(2)), make(f(3), f(4))], { subgraphs: { body } })).toContain(
      '[float[4] float[6]]',
    );
  });

  test('maps what all elements are', () => {
    expect(run('SequenceMap', [any(f('T')), f('N')], { subgraphs: { body } })).toBe('float[N + T]: [...]');
  });
});

describe('optionals', () => {
  const optional: Facts = { kind: 'optional', element: f('B') };
  const has = (inputs: (Facts | undefined)[]) => inferOp('OptionalHasElement', inputs).content;

  test('hold what they are made of, or have a declared type', () => {
    const made = inferOp('Optional', [f('B')]).outputs[0];
    expect(made?.kind === 'optional' && factsText(made.element)).toBe('float[B]');
    const declared = inferOp('Optional', [], { attributes: { type: optional } }).outputs[0];
    expect(declared?.kind === 'optional' && factsText(declared.element)).toBe('float[B]');
  });

  test('give it back', () => {
    expect(run('OptionalGetElement', [optional])).toBe('float[B]');
    expect(run('OptionalGetElement', [f('B')])).toBe('float[B]');
  });

  test('have an element for sure, or not, or perhaps', () => {
    expect(has([f('B')])).toBe('[1]');
    expect(has([])).toBe('[0]');
    expect(has([optional])).toBeUndefined();
  });
});
