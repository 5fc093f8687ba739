import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { GeneratorContext } from './context.js';
import type { Generator } from './generate.js';
import { axesOfParts, emitJoined, type Joined } from './joined.js';

/** Coordinates of rows and columns for each token: a grid whose two axes were made one, [1, H * W, D]. */
export interface Flattened {
  readonly kind: 'flattened';
  /** The axis that was two. */
  readonly axis: number;
  readonly rows: Dim;
  readonly columns: Dim;
  /** The constant with the two axes apart. */
  readonly grid: DenseTensor;
  readonly generator: Joined;
}

/** The axes along which the constant varies. */
export function axesOfFlattened({ axis, generator }: Flattened): number[] {
  const axes = axesOfParts(generator).map((at) => (at > axis ? at - 1 : at));
  return [...new Set(axes)];
}

/** Emits the grid, and makes its two axes one. */
export function emitFlattened(flattened: Flattened, context: GeneratorContext, emit: Emit): Value {
  const { axis, rows, columns, grid, generator } = flattened;
  const { emitter, sizes, anchor, shape } = context;
  const apart = [...shape.slice(0, axis), rows, columns, ...shape.slice(axis + 1)];
  const value = emitJoined(generator, { ...context, tensor: grid, shape: apart }, emit);
  const axes = axesOfFlattened(flattened);
  const target = shape.map((size, at) => (axes.includes(at) || size.isNumber ? size : Dim.of(1)));
  return emitter.node({ opType: 'Reshape', inputs: [value, sizes.shape(target, anchor)], hint: 'tokens' }, anchor);
}

type Emit = (generator: Generator, context: GeneratorContext) => Value;
