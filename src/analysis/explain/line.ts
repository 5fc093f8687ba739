import { stridesOf } from '../../ops/lib/shapes.js';
import { apply, cast, type Expression, index, int, real, size, where } from '../../rewrite/generators/expression.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { reproduces } from './reproduces.js';
import { snap } from './snap.js';

/** A rule for values along one axis. */
export interface LineRule {
  readonly expression: Expression;
  readonly name: string;
}

type Precision = 'float' | 'double';

/** `start + width * (i + p) / (n + q)`: linspace, half-open steps, centres of pixels, counts of i + 1 of n. */
const SPACINGS = [
  { p: 0, q: -1, name: 'to' },
  { p: 0, q: 0, name: 'up to' },
  { p: 0.5, q: 0, name: 'in centres of steps up to' },
  { p: 1, q: 0, name: 'after steps to' },
  { p: 1, q: 1, name: 'inside of' },
] as const;

/**
 * Explains evenly spaced numbers along one axis whose step depends on the size (coordinates from -1 to 1, fractions of the
 * length), or is a fraction. Of readings that fit, the one with the roundest numbers is taken: `linspace(0, 1, 20)` and not
 * steps of 0.0526.
 */
export function findLine(tensor: DenseTensor, axis: number): LineRule | undefined {
  const n = tensor.shape[axis] as number;
  if (n < 4 || !isFloat(tensor.dtype)) return undefined;
  const stride = stridesOf(tensor.shape)[axis] as number;
  const at = (i: number) => Number(tensor.data[i * stride]);
  const step = (at(n - 1) - at(0)) / (n - 1);
  if (step === 0 || !Number.isFinite(step)) return undefined;
  for (let i = 0; i < n; i++) {
    if (!(Math.abs(at(i) - at(0) - i * step) <= 1e-2 * Math.abs(step))) return undefined;
  }
  const readings = SPACINGS.map((spacing) => {
    const width = near(step * (n + spacing.q), step * n);
    const start = near(at(0) - (width * spacing.p) / (n + spacing.q), width);
    return { ...spacing, width, start, cost: digits(width) + digits(start) };
  });
  readings.sort((a, b) => a.cost - b.cost);
  const fixed = near(step, step);
  // Whole steps are positions, whatever round numbers the ends happen to be near: the middles of cells, -0.5 to 18.5.
  const isFixed = Number.isInteger(fixed) || digits(fixed) + digits(near(at(0), step)) < (readings[0]?.cost ?? 0);
  if (isFixed) {
    const rule = fixedStep(tensor, axis, near(at(0), step), fixed);
    if (rule) return rule;
  }
  for (const { p, q, name, width, start, cost } of readings) {
    if (cost > 4) break;
    for (const expression of spacedForms(tensor.dtype, axis, { p, q, width, start })) {
      if (reproduces(expression, tensor))
        return { expression, name: `${start} ${name} ${tidy(start + width)}, evenly spaced` };
    }
  }
  return isFixed ? undefined : fixedStep(tensor, axis, near(at(0), step), fixed);
}

function fixedStep(tensor: DenseTensor, axis: number, start: number, step: number): LineRule | undefined {
  const i = index(axis);
  for (const type of precisions(tensor.dtype)) {
    const scaled = [
      apply('Mul', cast(i, type), real(step, type)),
      apply('Div', cast(i, type), real(snap(1 / step), type)),
    ];
    for (const form of scaled) {
      const expression = start === 0 ? form : apply('Add', real(start, type), form);
      if (reproduces(expression, tensor)) return { expression, name: `numbers in steps of ${tidy(step)}` };
    }
  }
  return undefined;
}

interface Spacing {
  readonly p: number;
  readonly q: number;
  readonly width: number;
  readonly start: number;
}

/** The orders of operations, and precisions, in which frameworks compute them. */
function* spacedForms(dtype: number, axis: number, { p, q, width, start }: Spacing): Iterable<Expression> {
  const i = index(axis);
  for (const type of precisions(dtype)) {
    const count = cast(q === 0 ? size(axis) : apply('Add', size(axis), int(q)), type);
    const whole = p === 1 ? cast(apply('Add', i, int(1)), type) : cast(i, type);
    const position = p === 0.5 ? apply('Add', whole, real(0.5, type)) : whole;
    const step = apply('Div', real(width, type), count);
    const shift = (form: Expression) => (start === 0 ? form : apply('Add', real(start, type), form));
    const times = (x: Expression) => (width === 1 ? x : apply('Mul', real(width, type), x));
    yield shift(apply('Div', times(position), count));
    yield shift(times(apply('Div', position, count)));
    yield shift(apply('Mul', position, step));
    if (start !== 0) yield apply('Sub', times(apply('Div', position, count)), real(-start, type));
    if (q !== -1) continue;
    // torch.linspace counts its second half from the end; with one rounding where the processor multiplies and adds at once.
    const back = cast(apply('Sub', apply('Sub', size(axis), int(1)), i), type);
    const isFirstHalf = apply('Less', i, apply('Div', size(axis), int(2)));
    const end = real(start + width, type);
    yield where(isFirstHalf, shift(apply('Mul', step, position)), apply('Sub', end, apply('Mul', step, back)));
    if (type !== 'float') continue;
    const wide = cast(step, 'double');
    const [first, last] = [real(start, 'double'), real(start + width, 'double')];
    yield where(
      isFirstHalf,
      apply('Add', first, apply('Mul', wide, cast(position, 'double'))),
      apply('Sub', last, apply('Mul', wide, cast(back, 'double'))),
    );
  }
}

function precisions(dtype: number): readonly Precision[] {
  return dtype === DataType.DOUBLE ? ['double'] : ['float', 'double'];
}

/** Rounded to few digits if it is as near to that as single precision tells, measured by the numbers around it. */
function near(x: number, scale: number): number {
  if (Math.abs(x) < 1e-6 * Math.abs(scale)) return 0;
  for (let count = 1; count <= 5; count++) {
    const round = Number(x.toPrecision(count));
    if (Math.abs(x - round) < 1e-6 * Math.max(Math.abs(scale), Math.abs(x))) return round;
  }
  for (const multiple of [1, 2, 0.5]) {
    if (Math.abs(Math.abs(x) / (multiple * Math.PI) - 1) < 1e-6) return Math.sign(x) * multiple * Math.PI;
  }
  return x;
}

/** How many digits it takes to say the number; multiples of pi count as one. */
function digits(x: number): number {
  if (x === 0 || Math.abs(x) === 1) return 0;
  if ([1, 2, 0.5].some((multiple) => Math.abs(x) === multiple * Math.PI)) return 1;
  for (let count = 1; count <= 5; count++) if (Number(x.toPrecision(count)) === x) return count;
  return 17;
}

function tidy(x: number): number {
  return Number(x.toPrecision(6));
}
