import type { Value } from '../../model/value.js';
import { type BandMask, emitBand } from './band.js';
import type { GeneratorContext } from './context.js';
import { emitRelativeCurve, type RelativeCurve } from './curve.js';
import { axesOf, sizesOf } from './expression.js';
import { emitFill, type Fill } from './fill.js';
import { axesOfFlattened, emitFlattened, type Flattened } from './flattened.js';
import { type Condition, emitCondition, emitFormula, type Formula, holdsValues, missingAxesOf } from './formula.js';
import { axesOfParts, emitJoined, type Joined } from './joined.js';
import { emitPeriodic, type Periodic } from './periodic.js';
import { emitPrefix, type PrefixTable } from './prefix.js';
import { emitRamp, type Ramp } from './ramp.js';
import { emitRelativeSlope, emitRelativeTable, type RelativeSlope, type RelativeTable } from './relative.js';
import { emitRepeated, type Repeated } from './repeated.js';
import { emitSinusoid, type SinusoidTable } from './sinusoid.js';
import { emitComputed } from './sinusoid-computed.js';

/** A rule that gives a constant exactly, at its own size, and says what it is at any other. */
export type Generator =
  | Fill
  | BandMask
  | Condition
  | RelativeTable
  | RelativeSlope
  | RelativeCurve
  | SinusoidTable
  | Ramp
  | Formula
  | Periodic
  | PrefixTable
  | Repeated
  | Joined
  | Flattened;

/** The axes whose live size a generator computes; along all others its result is 1 (or the parameter's size). */
export function computedAxes(generator: Generator): readonly number[] {
  switch (generator.kind) {
    case 'fill':
    case 'repeated':
      return [];
    case 'sinusoid-table':
    case 'ramp':
    case 'periodic':
    case 'prefix-table':
      return [generator.axis];
    case 'formula':
      return [...axesOf(generator.expression)];
    case 'condition':
      return [...axesOf(generator.condition)];
    case 'joined':
      return axesOfParts(generator);
    case 'flattened':
      return axesOfFlattened(generator);
    default:
      return [generator.rowAxis, generator.columnAxis];
  }
}

/** The axes whose live size a generator needs to know. */
export function neededAxes(generator: Generator): readonly number[] {
  if (generator.kind === 'formula') return [...sizesOf(generator.expression)];
  if (generator.kind === 'condition') return [...sizesOf(generator.condition)];
  return computedAxes(generator);
}

/** Does the result have the sizes of axes that are not baked? Masks and ramps broadcast along them instead. */
export function keepsParameters(generator: Generator): boolean {
  switch (generator.kind) {
    case 'fill':
    case 'band':
    case 'condition':
    case 'ramp':
      return false;
    case 'formula':
      return holdsValues(generator.expression);
    default:
      return true;
  }
}

/** How many axes of size 1 are missing in front of the result, for a constant of the given rank. */
export function missingAxes(generator: Generator, rank: number): number {
  switch (generator.kind) {
    case 'band':
      return Math.min(generator.rowAxis, generator.columnAxis);
    case 'ramp':
      return generator.axis;
    case 'condition':
      return missingAxesOf(generator.condition, rank);
    case 'formula':
      return missingAxesOf(generator.expression, rank);
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
    case 'condition':
      return emitCondition(generator, context);
    case 'relative-table':
      return emitRelativeTable(generator, context);
    case 'relative-slope':
      return emitRelativeSlope(generator, context);
    case 'relative-curve':
      return emitRelativeCurve(generator, context);
    case 'sinusoid-table':
      return context.computed ? emitComputed(generator, context) : emitSinusoid(generator, context);
    case 'ramp':
      return emitRamp(generator, context);
    case 'formula':
      return emitFormula(generator, context);
    case 'periodic':
      return emitPeriodic(generator, context);
    case 'prefix-table':
      return emitPrefix(generator, context);
    case 'repeated':
      return emitRepeated(generator, context);
    case 'joined':
      return emitJoined(generator, context, emitGenerator);
    case 'flattened':
      return emitFlattened(generator, context, emitGenerator);
  }
}
