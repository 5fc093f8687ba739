import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  broadcastShapes,
  broadcastStrides,
  forEachRun,
  normalizeAxis,
  stridesOf,
} from '../../../src/ops/lib/shapes.js';
import { elementCount } from '../../../src/tensor/dense.js';
import { shapes } from '../../support/arbitraries.js';
import { broadcastable } from '../../support/numeric-arbitraries.js';

/** Numpy's rule by definition: the index of the operand's element for each index of the result. */
function indicesByDefinition(shape: readonly number[], own: readonly number[]): number[] {
  return Array.from({ length: elementCount(shape) }, (_, flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % (shape[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
      const size = own[axis - (shape.length - own.length)];
      if (size === undefined) continue;
      if (size !== 1) index += at * stride;
      stride *= size;
    }
    return index;
  });
}

describe('forEachRun', () => {
  test('visits every element once, in order, with the operands where broadcasting puts them', () => {
    fc.assert(
      fc.property(broadcastable(2), ([a = [], b = []]) => {
        const shape = broadcastShapes([a, b]);
        const seen: number[][] = [];
        forEachRun(shape, [broadcastStrides(a, shape), broadcastStrides(b, shape)], (start, length, starts, steps) => {
          for (let k = 0; k < length; k++) {
            const at = starts.map((first, i) => first + k * (steps[i] as number));
            seen.push([start + k, ...at]);
          }
        });
        const expectedA = indicesByDefinition(shape, a);
        const expectedB = indicesByDefinition(shape, b);
        expect(seen).toEqual(expectedA.map((index, k) => [k, index, expectedB[k]]));
      }),
    );
  });

  test('an operand of the full shape is one run', () => {
    fc.assert(
      fc.property(shapes(), (shape) => {
        let runs = 0;
        forEachRun(shape, [stridesOf(shape)], () => runs++);
        expect(runs).toBe(1);
      }),
    );
  });

  test('an empty shape has no runs', () => {
    forEachRun([3, 0, 2], [[0, 2, 1]], () => expect.unreachable());
  });
});

describe('broadcastShapes', () => {
  test('1 gives way, also to 0', () => {
    expect(broadcastShapes([[3, 1], [4], []])).toEqual([3, 4]);
    expect(broadcastShapes([[1], [0]])).toEqual([0]);
    expect(broadcastShapes([[0], [1, 1]])).toEqual([1, 0]);
    expect(broadcastShapes([])).toEqual([]);
  });

  test('other sizes must agree', () => {
    expect(() => broadcastShapes([[2], [3]])).toThrow('shapes [2] and [3] do not broadcast');
    expect(() => broadcastShapes([[0], [2]])).toThrow('do not broadcast');
  });
});

test('an axis counts from either end', () => {
  expect([normalizeAxis(0, 3), normalizeAxis(-1, 3), normalizeAxis(2, 3)]).toEqual([0, 2, 2]);
  for (const axis of [3, -4, 0.5, Number.NaN]) expect(() => normalizeAxis(axis, 3)).toThrow(`axis ${axis}`);
});
