/** Constants with a row for each token of an image: coordinates of rows and columns, of which two axes were made one. */
import type { Flattened } from '../../rewrite/generators/flattened.js';
import { axesOfParts } from '../../rewrite/generators/joined.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Explanation } from './explain.js';

/** What is known of the sizes of a constant besides the constant. */
export interface KnownSizes {
  /** The sizes of the baked axes. */
  readonly axes: ReadonlyMap<number, Dim>;
  /** Sizes that symbols had when the model was traced. */
  readonly traced: ReadonlyMap<string, number>;
  /** Symbols in the order of the inputs' axes: rows come before columns. */
  readonly order: readonly string[];
}

/** A way to take an axis apart. */
interface Way {
  readonly rows: Dim;
  readonly columns: Dim;
  readonly height: number;
  readonly width: number;
}

/** Fewer rows or columns follow any rule. */
const FEWEST = 3;

/** Explains a constant as a grid, where an axis of it has the size of two: `height * width`. */
export function findFlattened(
  tensor: DenseTensor,
  known: KnownSizes,
  explainGrid: (grid: DenseTensor, bakedAxes: readonly number[]) => Explanation,
): { generator: Flattened; name: string } | undefined {
  for (const [axis, size] of known.axes) {
    const baked = [...known.axes.keys()].map((at) => (at > axis ? at + 1 : at));
    const found = waysOf(size, tensor.shape[axis] as number, known).flatMap(({ rows, columns, height, width }) => {
      const shape = [...tensor.shape.slice(0, axis), height, width, ...tensor.shape.slice(axis + 1)];
      const grid = { ...tensor, shape };
      const explanation = explainGrid(grid, [...baked, axis + 1]);
      if (!explanation.found || explanation.generator.kind !== 'joined') return [];
      const { generator, name } = explanation;
      const axes = axesOfParts(generator);
      if (!axes.includes(axis) || !axes.includes(axis + 1)) return [];
      return [{ generator: { kind: 'flattened' as const, axis, rows, columns, grid, generator }, name }];
    });
    if (found.length === 1) return found[0];
  }
  return undefined;
}

/** The sizes of both axes: known, or all that the number of tokens allows. */
function waysOf(size: Dim, count: number, { traced, order }: KnownSizes): Way[] {
  const parts = size.parts();
  if (parts.kind !== 'product' || parts.factors.length !== 2) return [];
  const place = (factor: Dim) => Math.min(...[...factor.symbols()].map((name) => order.indexOf(name)));
  const [rows, columns] = [...parts.factors].sort((a, b) => place(a) - place(b)) as [Dim, Dim];
  if (rows.isNumber || columns.isNumber) return [];
  const [height, width] = [rows.evaluate(traced), columns.evaluate(traced)];
  const ways: Way[] = [];
  for (let h = FEWEST; h * FEWEST <= count; h++) {
    const w = count / h;
    if (!Number.isInteger(w) || (height ?? h) !== h || (width ?? w) !== w) continue;
    ways.push({ rows, columns, height: h, width: w });
  }
  return ways;
}
