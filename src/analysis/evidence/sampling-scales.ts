import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { type Equation, solveSizes } from '../traced-sizes.js';
import type { Scene } from './evidence.js';
import { isOp } from './look.js';
import { type Sampled, sampledBy } from './sampled-coordinates.js';
import type { TracedSizes } from './traced-sizes.js';

/** What coordinates are multiplied or divided by, and that is made of the sizes of the images that are sampled at them. */
export interface SamplingScale {
  readonly node: Node;
  readonly input: number;
  readonly value: Value;
  readonly tensor: DenseTensor;
  /** The size that each element is `factor * size ** power` of. */
  readonly sizes: readonly Dim[];
  readonly factor: 1 | 2 | 0.5;
  readonly power: 1 | -1;
  /** Sizes of the input symbols at which the elements are what they are. */
  readonly traced: ReadonlyMap<string, number>;
}

/** The forms of a scale: in pixels or steps between them, of an image that is 1 or 2 wide. */
const FORMS = [0, 1].flatMap((less) =>
  [1, 0.5, 2].map((factor) => ({ less, factor: factor as SamplingScale['factor'] })),
);

/** Sizes of images, or scalars for both sides of each: more elements are a table. */
const MOST_ELEMENTS = 64;

/**
 * Offsets in pixels that are divided by the size of the image before it is sampled at them (GridSample), where the size was
 * a Python number: `offsets / tensor([[24., 16.], [12., 8.]])` for two levels of W x H, `2 * x / (W - 1) - 1`. The numbers
 * are those of the traced sizes; or, of several levels, all those of one size of the input.
 */
export function samplingScales({ inference, traced, nodes }: Scene): SamplingScale[] {
  if (!nodes.some((node) => isOp(node, 'GridSample'))) return [];
  const found: SamplingScale[] = [];
  for (const node of nodes) {
    if (!isOp(node, 'Div', 'Mul')) continue;
    for (const input of isOp(node, 'Div') ? [1] : [0, 1]) {
      const value = node.inputs[input];
      const tensor = value && inference.constants.isConstant(value) ? inference.constants.dense(value) : undefined;
      if (value === undefined || tensor === undefined || !isScale(tensor)) continue;
      const sampled = sizesOf(sampledBy(node, tensor.shape, inference), tensor.data.length);
      const power = isOp(node, 'Div') ? 1 : -1;
      for (const { less, factor } of sampled === undefined ? [] : FORMS) {
        const sizes = (sampled ?? []).map((size) => size.sub(less));
        const solved = solvedFor(tensor, sizes, { factor, power }, traced);
        if (solved === undefined) continue;
        found.push({ node, input, value, tensor, sizes, factor, power, traced: solved });
        break;
      }
    }
  }
  return found;
}

function isScale({ dtype, data }: DenseTensor): boolean {
  return (dtype === DataType.FLOAT || dtype === DataType.DOUBLE) && data.length <= MOST_ELEMENTS;
}

/** The live size that each element has to do with; undefined when that is not one and the same wherever it is read. */
function sizesOf(sampled: Iterable<Sampled>, count: number): Dim[] | undefined {
  const sizes = new Map<number, Dim>();
  for (const { element, size } of sampled) {
    if (size === undefined || size.isNumber || size.hasFresh) return undefined;
    const known = sizes.get(element);
    if (known !== undefined && !known.equals(size)) return undefined;
    sizes.set(element, size);
  }
  const all = Array.from({ length: count }, (_, i) => sizes.get(i));
  return all.every((size) => size !== undefined) ? all : undefined;
}

/** The traced sizes, as far as they had to be solved, if the elements were `factor * size ** power` at them. */
function solvedFor(
  { dtype, data }: DenseTensor,
  sizes: readonly Dim[],
  { factor, power }: Pick<SamplingScale, 'factor' | 'power'>,
  traced: TracedSizes,
): ReadonlyMap<string, number> | undefined {
  const equations: Equation[] = [];
  for (const [i, size] of sizes.entries()) {
    const element = Number(data[i]);
    const number = Math.round((element / factor) ** power);
    const exact = factor * number ** power;
    // Images of one pixel are too small to go by.
    if (number < 2 || (dtype === DataType.FLOAT ? Math.fround(exact) : exact) !== element) return undefined;
    equations.push({ size, traced: number });
  }
  if (equations.every(({ size, traced: number }) => traced.was(size, number))) return new Map();
  if (equations.some(({ size }) => traced.of(size) !== undefined)) return undefined;
  // Several levels tell each side more than once.
  const distinct = new Set(equations.map(({ size }) => size.key)).size;
  const solved = solveSizes(equations);
  const holds = equations.every(({ size, traced: number }) => size.evaluate(solved) === number);
  return holds && distinct >= 2 * solved.size ? solved : undefined;
}
