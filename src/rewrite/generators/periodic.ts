import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { GeneratorContext } from './context.js';
import { apply, index, int } from './expression.js';
import { emitVector } from './formula.js';

/** A smaller constant, repeated along one axis: `table[..., i mod period, ...]`. */
export interface Periodic {
  readonly kind: 'periodic';
  readonly axis: number;
  /** The first period. */
  readonly table: DenseTensor;
}

/** Emits Range, Mod and one Gather. Has the constant's rank. */
export function emitPeriodic({ axis, table }: Periodic, context: GeneratorContext): Value {
  const { emitter, anchor } = context;
  const period = int(table.shape[axis] as number);
  const rows = emitVector(apply('Mod', index(axis), period), context);
  const gathered = [emitter.constant(table, 'period_table', anchor), rows];
  return emitter.node(
    { opType: 'Gather', inputs: gathered, attributes: { axis: { int: axis } }, hint: 'tiled' },
    anchor,
  );
}
