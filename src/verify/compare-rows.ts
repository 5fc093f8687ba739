import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { joinData } from '../tensor/join.js';
import type { Tolerance } from './compare.js';
import { compareOutput, type OutputComparison } from './compare-models.js';
import { type Sizes, symbolOf } from './inputs.js';
import { Runtime, type Session } from './runtime.js';
import { attempt, feedsOf, Refusal, runSomehow, type Tensors } from './trial.js';

/** How results for many items compare with those of the original, run on a few items at a time. */
export interface RowComparison {
  /**
   * `equal`: within tolerance; `different`: not; `failed`: the candidate does not run on so many; `not-compared`: the original
   * does not run on its own number of items, or its results for an item depend on the others.
   */
  readonly verdict: 'equal' | 'different' | 'failed' | 'not-compared';
  readonly symbol: string;
  /** How many items the candidate was given. */
  readonly items: number;
  /** How many the original takes at a time. */
  readonly traced: number;
  readonly message?: string;
}

/** Options of {@link compareRows}. */
export interface CompareRowsOptions extends Tolerance {
  /** The symbol that the candidate declares for the number of items. */
  readonly symbol: string;
  /** The number of items that the original works for. */
  readonly traced: number;
  /** Sizes of other symbols, as far as they are known. */
  readonly sizes?: Sizes;
  /** A runtime to use; default: one that is started and ended here. */
  readonly runtime?: Runtime;
}

/**
 * Metamorphic check of models whose items do not depend on each other: for a number of items that the original cannot take,
 * the candidate must give for each what the original gives for it among any items that it can take.
 *
 * @param original - path of a model that works for `traced` items
 * @param candidate - path of one that should work for any number
 * @throws RuntimeUnavailableError when onnxruntime-node is not installed
 */
export async function compareRows(
  original: string,
  candidate: string,
  options: CompareRowsOptions,
): Promise<RowComparison> {
  const { symbol, traced } = options;
  const runtime = options.runtime ?? new Runtime();
  const items = 2 * traced + 1;
  const verdict = (kind: RowComparison['verdict'], message?: string): RowComparison => {
    return { verdict: kind, symbol, items, traced, ...(message ? { message } : {}) };
  };
  const sessions: Session[] = [];
  try {
    const opened = await attempt(async () => {
      for (const path of [original, candidate]) sessions.push(await runtime.open(path));
    });
    if (opened instanceof Refusal) return verdict('not-compared', opened.message);
    const [right, judged] = sessions as [Session, Session];
    const run = await runSomehow(judged, judged.inputs, { ...options.sizes, [symbol]: items });
    if (run instanceof Refusal) return verdict('failed', run.message);
    const rowsOf = new Rows(right, judged, symbol, run.inputs);
    const base = range(traced);
    const first = await rowsOf.run(base);
    if (first instanceof Refusal) return verdict('not-compared', `the original does not run: ${first.message}`);
    const axes = axesOf(first, run.outputs, traced, items);
    if (axes.size === 0) return verdict('not-compared', 'no output has a row for each item');
    // Only where the original treats items alike, whatever stands beside them, is there something to compare with.
    for (const rows of [base.toReversed(), base.map(() => 0)]) {
      const outputs = await rowsOf.run(rows);
      if (outputs instanceof Refusal || firstDifference(outputs, first, rows, axes, traced, options)) {
        return verdict('not-compared', 'results of the original for an item depend on the others');
      }
    }
    for (let from = 0; from < items; from += traced) {
      const rows = range(traced).map((i) => (from + i) % items);
      const expected = await rowsOf.run(rows);
      if (expected instanceof Refusal) return verdict('not-compared', expected.message);
      const difference = firstDifference(expected, run.outputs, rows, axes, items, options);
      if (difference) return verdict('different', `${difference.name} differs from the original, item by item`);
    }
    return verdict('equal');
  } finally {
    if (options.runtime === undefined) await runtime.close();
    else await Promise.all(sessions.map((session) => session.close()));
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Runs the original on some of the items. */
class Rows {
  readonly #session: Session;
  readonly #inputs: Tensors;
  readonly #axes: ReadonlyMap<string, readonly number[]>;

  constructor(original: Session, candidate: Session, symbol: string, inputs: Tensors) {
    this.#session = original;
    this.#inputs = inputs;
    const axesOfPort = (port: Session['inputs'][number]) =>
      port.shape.flatMap((_, axis) => (symbolOf(port, axis) === symbol ? [axis] : []));
    this.#axes = new Map(candidate.inputs.map((port) => [port.name, axesOfPort(port)]));
  }

  run(rows: readonly number[]): Promise<Tensors | Refusal> {
    const inputs = new Map<string, DenseTensor>();
    for (const [name, tensor] of this.#inputs) {
      const axes = this.#axes.get(name) ?? [];
      inputs.set(
        name,
        axes.reduce((part, axis) => take(part, axis, rows, part.shape[axis] as number), tensor),
      );
    }
    return attempt(() => this.#session.run(feedsOf(this.#session, inputs)));
  }
}

/** The axis of every output that grows with the number of items. */
function axesOf(few: Tensors, many: Tensors, traced: number, items: number): Map<string, number> {
  const axes = new Map<string, number>();
  for (const [name, { shape }] of few) {
    const other = many.get(name)?.shape;
    const axis = shape.findIndex((size, i) => size !== other?.[i]);
    const fits = other?.length === shape.length && axis >= 0;
    if (fits && (shape[axis] as number) * items === (other[axis] as number) * traced) axes.set(name, axis);
  }
  return axes;
}

/** The first output that for the chosen items is not what it is for all of them. */
function firstDifference(
  chosen: Tensors,
  all: Tensors,
  rows: readonly number[],
  axes: ReadonlyMap<string, number>,
  items: number,
  tolerance: Tolerance,
): OutputComparison | undefined {
  for (const [name, axis] of axes) {
    const [expected, whole] = [chosen.get(name), all.get(name)];
    if (expected === undefined || whole === undefined) continue;
    const comparison = compareOutput(name, take(whole, axis, rows, items), expected, tolerance);
    if (!comparison.close) return comparison;
  }
  return undefined;
}

/** Some items of a tensor; each has as many rows as the tensor has for an item. */
function take(tensor: DenseTensor, axis: number, rows: readonly number[], items: number): DenseTensor {
  const { dtype, shape, data } = tensor;
  const perItem = (shape[axis] as number) / items;
  const block = elementCount(shape.slice(axis + 1)) * perItem;
  const outer = elementCount(shape.slice(0, axis));
  const parts: DenseTensor['data'][] = [];
  for (let i = 0; i < outer; i++) {
    for (const row of rows) {
      const start = (i * items + row) * block;
      parts.push(data.slice(start, start + block));
    }
  }
  return { dtype, shape: shape.with(axis, rows.length * perItem), data: joinData([data.slice(0, 0), ...parts]) };
}
