import { describe, expect, it } from 'vitest';
import { countOf, type FrozenCounts, solveLengths } from '../../src/analysis/lengths.js';
import { Dim } from '../../src/symbolic/dim.js';

const frozen = (size: string, extent: number | undefined, ...counts: number[]): FrozenCounts => ({
  size: Dim.parse(size),
  extent,
  counts,
});

describe('solveLengths', () => {
  it('takes counts of whole positions as lengths', () => {
    expect(solveLengths([frozen('T', 100, 100, 71)], 'T', 100)).toEqual({
      rule: 'computed',
      alternative: undefined,
      lengths: [100, 71],
    });
  });

  it('takes masks of convolutions without padding as sliced, and names the other rule', () => {
    const solved = solveLengths([frozen('(T - 3)//4', 29, 29, 24)], 'T', 119);
    expect(solved).toEqual({ rule: 'sliced', alternative: 'computed', lengths: [119, 93] });
    expect(solveLengths([frozen('(T - 3)//4', 29, 29, 24)], 'T', 119, 'computed')).toMatchObject({
      lengths: [119, 99],
    });
  });

  it('takes lengths of stacked frames as divided', () => {
    expect(solveLengths([frozen('T//4', 25, 25, 17)], 'T', 100)).toMatchObject({
      rule: 'computed',
      alternative: 'sliced',
      lengths: [100, 68],
    });
  });

  it('knows no second rule where padding makes both the same', () => {
    expect(solveLengths([frozen('(T + 1)//2', 50, 50, 36)], 'T', 99)).toMatchObject({ alternative: undefined });
  });

  it('lets other counts decide between the rules', () => {
    const counts = [frozen('(T - 3)//4', 29, 29, 24), frozen('T', undefined, 120, 99)];
    expect(solveLengths(counts, 'T', 119)).toEqual({ rule: 'computed', alternative: undefined, lengths: [120, 99] });
  });

  it('names the first counts that contradict', () => {
    const counts = [frozen('T', 100, 100, 71), frozen('(T - 1)//2', 49, 49, 35), frozen('T', 100, 100, 70)];
    expect(solveLengths(counts, 'T', 100)).toEqual({ misfit: 2 });
  });

  it('follows sizes that grow faster than lengths', () => {
    expect(solveLengths([frozen('2*T', 40, 40, 14)], 'T', 20)).toMatchObject({ rule: 'computed', lengths: [20, 7] });
    expect(countOf(Dim.parse('2*T'), 'T', 'sliced')).toBeUndefined();
  });
});
