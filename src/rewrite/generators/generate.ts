import type { Value } from '../../model/value.js';
import { type BandMask, emitBand } from './band.js';
import type { GeneratorContext } from './context.js';
import { emitFill, type Fill } from './fill.js';
import { emitPrefix, type PrefixTable } from './prefix.js';
import { emitRamp, type Ramp } from './ramp.js';
import { emitRelativeSlope, emitRelativeTable, type RelativeSlope, type RelativeTable } from './relative.js';
import { emitSinusoid, type SinusoidTable } from './sinusoid.js';

/** A rule that gives a constant exactly, at its own size, and says what it is at any other. */
export type Generator = Fill | BandMask | RelativeTable | RelativeSlope | SinusoidTable | Ramp | PrefixTable;

/** The axes whose live size a generator computes; along all others its result is 1 (or the parameter's size). */
export function computedAxes(generator: Generator): readonly number[] {
  switch (generator.kind) {
    case 'fill':
      return [];
    case 'sinusoid-table':
    case 'ramp':
    case 'prefix-table':
      return [generator.axis];
    default:
      return [generator.rowAxis, generator.columnAxis];
  }
}

/** Does the result have the sizes of axes that are not baked? Masks and ramps broadcast along them instead. */
export function keepsParameters({ kind }: Generator): boolean {
  return kind !== 'fill' && kind !== 'band' && kind !== 'ramp';
}

/** How many axes of size 1 are missing in front of the result. */
export function missingAxes(generator: Generator): number {
  switch (generator.kind) {
    case 'band':
      return Math.min(generator.rowAxis, generator.columnAxis);
    case 'ramp':
      return generator.axis;
    default:
      return 0;
  }
}

/** Emits what computes the constant at run time. Leading axes of size 1 may be missing. */
export function emitGenerator(generator: Generator, context: GeneratorContext): Value {
  switch (generator.kind) {
    case 'fill':
      return emitFill(generator, context);
    case 'band':
      return emitBand(generator, context);
    case 'relative-table':
      return emitRelativeTable(generator, context);
    case 'relative-slope':
      return emitRelativeSlope(generator, context);
    case 'sinusoid-table':
      return emitSinusoid(generator, context);
    case 'ramp':
      return emitRamp(generator, context);
    case 'prefix-table':
      return emitPrefix(generator, context);
  }
}
