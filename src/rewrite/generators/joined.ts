import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { unsqueeze } from '../size.js';
import type { GeneratorContext } from './context.js';
import type { Generator } from './generate.js';

/**
 * Coordinates of several axes side by side: a grid [1, 2, H, W] of columns and rows, sinusoids of both. Each index of one
 * axis, that of the channels, follows a rule along one of the others.
 */
export interface Joined {
  readonly kind: 'joined';
  /** The axis of the channels. */
  readonly axis: number;
  /** In the order of the channels. */
  readonly parts: readonly JoinedPart[];
}

/** Channels that follow one rule. */
export interface JoinedPart {
  /** The elements: a row for each position (one row where they do not vary), a column for each channel. */
  readonly table: DenseTensor;
  /** The axis along which they vary. */
  readonly along: number | undefined;
  /** What makes the table, along its axis 0. */
  readonly generator: Generator;
}

/** The axes along which any of the channels vary. */
export function axesOfParts({ parts }: Joined): number[] {
  return [...new Set(parts.flatMap(({ along }) => along ?? []))];
}

/** Emits the channels of each rule, spread over the axes that the others vary along, and joins them. */
export function emitJoined(joined: Joined, context: GeneratorContext, emit: Emit): Value {
  const { emitter, sizes, anchor, shape } = context;
  const axes = new Set(axesOfParts(joined));
  const spread = shape.map((size, axis) => (axes.has(axis) || size.isNumber ? size : Dim.of(1)));
  const values = joined.parts.map((part) => {
    const own = spread.with(joined.axis, Dim.of(part.table.shape[1] as number));
    const inputs = [emitPart(part, joined.axis, context, emit), sizes.shape(own, anchor)];
    return emitter.node({ opType: 'Expand', inputs, hint: 'channels' }, anchor);
  });
  const attributes = { axis: { int: joined.axis } };
  return emitter.node({ opType: 'Concat', inputs: values, attributes, hint: 'grid' }, anchor);
}

/** How a rule is emitted; given, as rules may be made of rules. */
type Emit = (generator: Generator, context: GeneratorContext) => Value;

/** The channels with the constant's rank, of size 1 along all axes but theirs and the one that they vary along. */
function emitPart({ table, along, generator }: JoinedPart, axis: number, context: GeneratorContext, emit: Emit): Value {
  const { emitter, anchor, shape } = context;
  const count = table.shape[1] as number;
  if (along === undefined) {
    const once = shape.map((_, at) => (at === axis ? count : 1));
    return emitter.constant({ ...table, shape: once }, 'channels', anchor);
  }
  const rows = emit(generator, { ...context, tensor: table, shape: [shape[along] as Dim, Dim.of(count)] });
  const attributes = { perm: { ints: [1, 0] } };
  const turned =
    axis > along ? rows : emitter.node({ opType: 'Transpose', inputs: [rows], attributes, hint: 'turned' }, anchor);
  const others = shape.flatMap((_, at) => (at === axis || at === along ? [] : [at]));
  return unsqueeze(emitter, turned, others, anchor);
}
