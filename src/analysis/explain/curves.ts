import { apply, call, cast, type Expression, int, real } from '../../rewrite/generators/expression.js';
import { snap } from './snap.js';

type Precision = 'float' | 'double';

/** Makes an expression of the distance (int64, from 0 up). `parameter` gives each list its own number. */
export type MakeCurve = (
  distance: Expression,
  parameter: (values: readonly number[], type: Precision) => Expression,
) => Expression;

/** A rule for values by distance, one list for each index of the other axes. */
export interface Curve {
  readonly name: string;
  readonly make: MakeCurve;
  /** Do all of its operators round alike everywhere? Exp and Log do not. */
  readonly isExact: boolean;
}

/** Elements at distances 0, 1 ...; a first one that does not belong to the curve is left out (`from` is 1 then). */
export interface Lists {
  readonly from: 0 | 1;
  readonly lists: readonly (readonly number[])[];
  /** Precision of the arithmetic. */
  readonly type: Precision;
}

/** Candidates in the order of their simplicity; what they give has still to be compared with the constant. */
export function* curvesOf(given: Lists): Iterable<Curve> {
  const { lists, from, type } = given;
  const at = (d: number) => lists.map((list) => list[d - from] as number);
  const length = Math.min(...lists.map((list) => list.length)) + from;
  if (lists.every((list) => list.every((value) => Object.is(value, list[0])))) {
    yield { name: 'constant', make: (_, parameter) => parameter(at(from), type), isExact: true };
    return;
  }
  if (length - from < 3 || lists.some((list) => list.some((value) => !Number.isFinite(value)))) return;
  yield* powers(given, at, length);
  yield* exponentials(given, at, length);
  yield* logarithms(given, at, length);
  yield* reciprocals(given, at);
}

type At = (distance: number) => number[];

/** `a + c * d^p` for p = 1, 2 and 1/2, multiplied or divided, in single or double precision. */
function* powers({ from, type }: Lists, at: At, length: number): Iterable<Curve> {
  const offsets = from === 0 ? at(0) : at(1).map(() => 0);
  const hasOffset = offsets.some((value) => value !== 0);
  for (const [name, power] of POWERS) {
    const far = length - 1;
    const slopes = at(far).map((value, k) => (value - (offsets[k] as number)) / far ** power);
    if (slopes.every((slope) => slope === 0)) continue;
    const first = at(1).map((value, k) => value - (offsets[k] as number));
    // The number at distance 1 is the slope, rounded once; one further off tells the round number behind it.
    const forms: ['Mul' | 'Div', number[], Precision][] = [
      ['Mul', first, type],
      ['Mul', slopes.map((slope) => snap(slope)), type],
      ['Div', slopes.map((slope) => snap(1 / slope)), type],
    ];
    if (type === 'float') {
      forms.push(
        ['Mul', slopes.map((slope) => snap(slope)), 'double'],
        ['Div', slopes.map((slope) => snap(1 / slope)), 'double'],
      );
    }
    for (const [op, numbers, precision] of forms) {
      const make: MakeCurve = (distance, parameter) => {
        const base = raise(distance, power, precision);
        const scaled = apply(op, base, parameter(numbers, precision));
        return hasOffset ? apply('Add', parameter(offsets, precision), scaled) : scaled;
      };
      yield { name, make, isExact: true };
    }
  }
}

const POWERS: readonly [string, number][] = [
  ['bias that grows with the distance', 1],
  ['bias that grows with the squared distance', 2],
  ['bias that grows with the root of the distance', 0.5],
];

function raise(distance: Expression, power: number, precision: Precision): Expression {
  if (power === 2) return cast(apply('Mul', distance, distance), precision);
  return power === 1 ? cast(distance, precision) : call('Sqrt', cast(distance, precision));
}

/** `a * exp(-b * d^p)` for p = 1 and 2: exponential decay, Gaussian. */
function* exponentials({ from, type }: Lists, at: At, length: number): Iterable<Curve> {
  for (const [name, power] of [
    ['exponential decay with the distance', 1],
    ['Gaussian of the distance', 2],
  ] as const) {
    const amplitudes: number[] = [];
    const rates: number[] = [];
    const start = at(from);
    for (let k = 0; k < start.length; k++) {
      const near = start[k] as number;
      // Far enough to tell the rate, near enough not to have underflowed.
      let far = from + 1;
      while (far + 1 < length && Math.abs((at(far + 1)[k] as number) / near) > 0.01) far++;
      const rate = snap(Math.log(near / (at(far)[k] as number)) / (far ** power - from ** power));
      rates.push(-rate);
      amplitudes.push(snap(near * Math.exp(rate * from ** power)));
    }
    if (![...rates, ...amplitudes].every(Number.isFinite)) continue;
    yield {
      name,
      isExact: false,
      make: (distance, parameter) => {
        const exponent = apply('Mul', raise(distance, power, type), parameter(rates, type));
        return apply('Mul', parameter(amplitudes, type), call('Exp', exponent));
      },
    };
  }
}

/** `a * log(1 + b * d)`, `a * log(d)` from distance 1 on, and `a * d^q`. */
function* logarithms({ type }: Lists, at: At, length: number): Iterable<Curve> {
  const far = length - 1;
  const scales: number[] = [];
  const rates: number[] = [];
  for (let k = 0; k < at(far).length; k++) {
    const [near, last] = [at(1)[k] as number, at(far)[k] as number];
    const rate = rateOfLogarithm(last / near, far);
    rates.push(rate);
    scales.push(snap(last / Math.log1p(rate * far)));
  }
  if ([...scales, ...rates].every(Number.isFinite)) {
    yield {
      name: 'logarithm of the distance',
      isExact: false,
      make: (distance, parameter) => {
        const scaled = apply('Mul', cast(distance, type), parameter(rates, type));
        return apply('Mul', parameter(scales, type), call('Log', apply('Add', real(1, type), scaled)));
      },
    };
  }
  const exponents = at(far).map((last, k) => snap(Math.log(last / (at(1)[k] as number)) / Math.log(far)));
  if (!exponents.every(Number.isFinite)) return;
  yield {
    name: 'power of the distance',
    isExact: false,
    make: (distance, parameter) =>
      apply('Mul', parameter(at(1), type), apply('Pow', cast(distance, type), parameter(exponents, type))),
  };
}

/** The b of log(1 + b * far) / log(1 + b) = ratio: falls from `far` (b = 0) to 1. */
function rateOfLogarithm(ratio: number, far: number): number {
  let [low, high] = [1e-6, 1e6];
  for (let step = 0; step < 100; step++) {
    const middle = Math.sqrt(low * high);
    if (Math.log1p(middle * far) / Math.log1p(middle) > ratio) low = middle;
    else high = middle;
  }
  return snap(low, 1e-4);
}

/** `a / (b + d)` and its square root's neighbours: what falls with the distance and never ends. */
function* reciprocals({ from, type }: Lists, at: At): Iterable<Curve> {
  const [first, second] = [at(from), at(from + 1)];
  const shifts: number[] = [];
  const scales: number[] = [];
  for (let k = 0; k < first.length; k++) {
    const [f, g] = [first[k] as number, second[k] as number];
    const shift = snap((g * (from + 1) - f * from) / (f - g), 1e-5);
    shifts.push(shift);
    scales.push(snap(f * (shift + from), 1e-5));
  }
  if (![...shifts, ...scales].every(Number.isFinite)) return;
  yield {
    name: 'reciprocal of the distance',
    isExact: true,
    make: (distance, parameter) => {
      const isOne = shifts.every((shift) => shift === 1);
      const below = isOne
        ? cast(apply('Add', distance, int(1)), type)
        : apply('Add', cast(distance, type), parameter(shifts, type));
      return apply('Div', parameter(scales, type), below);
    },
  };
}
