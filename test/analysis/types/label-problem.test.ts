import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheapestTypes, costOf, type LabelProblem, type Site } from '../../../src/analysis/types/label-problem.js';

const [LOW, HIGH, THIRD] = [1, 10, 16];

/** Costs of a problem as lists of small numbers, so that fast-check can shrink them. */
interface Spec {
  readonly unary: readonly (readonly number[])[];
  readonly sites: readonly { producer: number; type: number; readers: readonly number[]; costs: readonly number[] }[];
}

function problemOf({ unary, sites }: Spec, labels: readonly number[]): LabelProblem {
  const at = (label: number) => labels.indexOf(label);
  return {
    choices: unary.map(() => labels),
    unary: (variable, type) => unary[variable]?.[at(type)] as number,
    sites: sites.map(
      ({ producer, type, readers, costs }): Site => ({
        producer: producer < unary.length ? producer : undefined,
        type: labels[type % labels.length],
        readers: [...new Set(readers.map((reader) => reader % unary.length))].filter((reader) => reader !== producer),
        cost: (from, to) => costs[at(from) * labels.length + at(to)] as number,
      }),
    ),
  };
}

function specs(labelCount: number): fc.Arbitrary<Spec> {
  const price = fc.integer({ min: 0, max: 9 });
  return fc.integer({ min: 1, max: 6 }).chain((variables) =>
    fc.record({
      unary: fc.array(fc.array(price, { minLength: labelCount, maxLength: labelCount }), {
        minLength: variables,
        maxLength: variables,
      }),
      sites: fc.array(
        fc.record({
          producer: fc.integer({ min: 0, max: variables + 1 }),
          type: fc.nat(9),
          readers: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
          costs: fc.array(price, { minLength: labelCount ** 2, maxLength: labelCount ** 2 }),
        }),
        { maxLength: 7 },
      ),
    }),
  );
}

function cheapestByTrying(problem: LabelProblem, labels: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  const types: number[] = [];
  const tryFrom = (variable: number) => {
    if (variable === problem.choices.length) {
      best = Math.min(best, costOf(problem, types));
      return;
    }
    for (const label of labels) {
      types[variable] = label;
      tryFrom(variable + 1);
    }
  };
  tryFrom(0);
  return best;
}

describe('cheapestTypes', () => {
  it('finds what trying everything finds, between two types', () => {
    fc.assert(
      fc.property(specs(2), (spec) => {
        const problem = problemOf(spec, [LOW, HIGH]);
        expect(costOf(problem, cheapestTypes(problem))).toBe(cheapestByTrying(problem, [LOW, HIGH]));
      }),
      { numRuns: 500 },
    );
  });

  it('never exchanges two of three types for the better in vain', () => {
    fc.assert(
      fc.property(specs(3), (spec) => {
        const labels = [LOW, HIGH, THIRD];
        const problem = problemOf(spec, labels);
        const types = cheapestTypes(problem);
        const cost = costOf(problem, types);
        expect(cost).toBeGreaterThanOrEqual(cheapestByTrying(problem, labels));
        types.forEach((_, variable) => {
          for (const label of labels) {
            const other = types.map((type, i) => (i === variable ? label : type));
            expect(cost).toBeLessThanOrEqual(costOf(problem, other));
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('pays a conversion once for all readers', () => {
    const cost = () => 5;
    const problem: LabelProblem = {
      choices: [[LOW], [HIGH], [HIGH], [LOW, HIGH]],
      unary: (variable, type) => (variable === 3 && type === LOW ? 4 : 0),
      sites: [{ producer: 0, type: undefined, readers: [1, 2, 3], cost }],
    };
    const types = cheapestTypes(problem);
    expect(types).toEqual([LOW, HIGH, HIGH, HIGH]);
    expect(costOf(problem, types)).toBe(5);
  });
});
