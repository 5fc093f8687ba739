/**
 * Sinusoidal tables: every column is a sine or cosine of `frequency * position`, the frequencies of the columns form a
 * geometric series (Vaswani et al. 2017, "Attention Is All You Need", section 3.5; Su et al. 2021, "RoFormer").
 *
 * Nothing is assumed of the order of the columns (interleaved, halves, sine only): each column is fitted by itself, then
 * columns of one frequency are grouped, then the series is fitted to the groups and must reproduce the whole table.
 */

import { type Positions, type Sinusoid, sinusoidAt } from '../../rewrite/generators/sinusoid.js';

/** Rows by columns, row-major. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
}

/** A fit must be as good as single precision angles allow: an ulp of the angle, and of the result. */
function tolerance(angle: number, amplitude: number): number {
  return amplitude * (2 ** -22 * Math.abs(angle) + 2 ** -21);
}

/**
 * Fits a sinusoidal table; undefined when it is none. At least 4 rows are needed to tell.
 *
 * @param hints tables whose frequencies this one may have, too
 */
export function fitSinusoid(table: Table, hints: readonly Sinusoid[] = []): Sinusoid | undefined {
  if (table.rows < 4 || table.columns < 1) return undefined;
  const last = table.rows - 1;
  const ways: Positions[] = [{ step: 1, start: 0 }];
  if (last % 2 === 0) ways.push({ step: -1, start: last / 2 });
  ways.push({ step: -1, start: last });
  if (last % 2 === 0) ways.push({ step: 1, start: -last / 2 });
  // Tables for fairseq's models begin behind the number of the padding.
  for (const start of [1, 2]) ways.push({ step: 1, start });
  for (const positions of ways) {
    const fitted = fitAt(table, positions, hints);
    if (fitted !== undefined) return isOfSize(fitted, table.rows) ? undefined : fitted;
  }
  return undefined;
}

/** Angles that the last of all positions has, or the one after it, where positions are fractions of the whole. */
const WHOLE = [1, Math.PI / 2, Math.PI, 2 * Math.PI, 4 * Math.PI];

/**
 * Are the positions fractions of the size, `2 * pi * i / 14` of 14 rows? At another size the frequencies are others. Round
 * frequencies are what somebody chose.
 */
function isOfSize({ frequencies, positions }: Sinusoid, rows: number): boolean {
  const frequency = Math.max(...frequencies);
  if (Math.abs(Number(frequency.toPrecision(3)) - frequency) < 1e-6 * frequency) return false;
  const ends = [rows - 1, rows, rows + 1, rows - 1 + Math.abs(positions.start)];
  return ends.some((end) => WHOLE.some((angle) => Math.abs(frequency * end - angle) < 1e-5 * angle));
}

/** How people call it. */
export function describeSinusoid({ base, isSeries }: Sinusoid): string {
  return `sinusoidal positions of ${isSeries ? `base ${Number(base.toPrecision(6))}` : 'frequencies of their own'}`;
}

function fitAt(table: Table, positions: Positions, hints: readonly Sinusoid[]): Sinusoid | undefined {
  const origin = -positions.start * positions.step; // the row of position 0
  const missing = origin < 0 ? rowsBefore(table, -origin) : [];
  const at = (position: number, column: number) => {
    const row = origin + position * positions.step;
    return (row < 0 ? missing[-row - 1]?.[column] : table.data[row * table.columns + column]) as number;
  };
  // Positions that run away from 0 to one side: sin and cos at the mirrored ones follow by symmetry, checked at the end.
  const reach = Math.max(table.rows - 1 - origin, origin);
  const sign = (table.rows - 1 - origin >= origin ? 1 : -1) * positions.step;
  const amplitude = amplitudeOf(table, at);
  if (amplitude === undefined) return undefined;
  const waves: ('sin' | 'cos')[] = [];
  const estimates: (number | undefined)[] = [];
  for (let column = 0; column < table.columns; column++) {
    const zero = at(0, column) / amplitude;
    const wave = Math.abs(zero) < 1e-6 ? 'sin' : Math.abs(zero - 1) < 1e-6 ? 'cos' : undefined;
    if (wave === undefined) return undefined;
    waves.push(wave);
    estimates.push(estimate((p) => (at(p * sign, column) / amplitude) * (wave === 'sin' ? sign : 1), wave, reach));
  }
  const sines = waves.map((wave) => wave === 'sin');
  for (const grouping of groupings(waves, estimates)) {
    // Several roundings may be within tolerance of a short table: the one that hits most elements exactly goes on best.
    let best: { sinusoid: Sinusoid; inexact: number } | undefined;
    const known = hints.filter(({ frequencies }) => frequencies.length === grouping.frequencies.length);
    const free = () => ownFrequencies(grouping, sines, reach);
    for (const series of candidates(seriesOf(grouping.frequencies), known, free)) {
      if (best && !series.isSeries) break;
      const columns = waves.map((wave, column) => ({ wave, index: grouping.index[column] as number }));
      const sinusoid = { columns, amplitude, positions, ...series };
      const misfit = misfitOf(sinusoid, table);
      if (misfit === undefined || (best && misfit.inexact >= best.inexact)) continue;
      best = { sinusoid: { ...sinusoid, error: misfit.error }, inexact: misfit.inexact };
    }
    if (best) return best.sinusoid;
  }
  return undefined;
}

/**
 * The rows in front of the first one, the nearest first, where the last of them is position 0: three sines (or cosines) at
 * equal distances are in a ratio that their frequency decides, `y[-1] + y[1] = 2 cos(w) y[0]`.
 */
function rowsBefore({ rows, columns, data }: Table, count: number): number[][] {
  const before = Array.from({ length: count }, () => new Array<number>(columns).fill(Number.NaN));
  for (let column = 0; column < columns; column++) {
    const y = (row: number) => data[row * columns + column] as number;
    let middle = 1;
    for (let row = 1; row < rows - 1; row++) if (Math.abs(y(row)) > Math.abs(y(middle))) middle = row;
    const ratio = (y(middle - 1) + y(middle + 1)) / y(middle);
    let [next, after] = [y(0), y(1)];
    for (const row of before) {
      [next, after] = [ratio * next - after, next];
      row[column] = next;
    }
  }
  // At position 0, sines are 0 and cosines are 1: what the ratio says is that to a few digits.
  const zero = before.at(-1);
  zero?.forEach((value, column) => {
    const whole = Math.round(value);
    zero[column] = Math.abs(value - whole) < 1e-3 ? whole + 0 : Number.NaN;
  });
  return before;
}

/** The largest magnitude, snapped to 1 where it is that. All columns share it. */
function amplitudeOf(table: Table, at: (position: number, column: number) => number): number | undefined {
  let amplitude = 0;
  for (let column = 0; column < table.columns; column++) {
    const zero = at(0, column);
    if (zero === undefined || !Number.isFinite(zero)) return undefined;
    if (Math.abs(zero) > amplitude) amplitude = Math.abs(zero);
  }
  if (amplitude > 0) return at(0, 0) < 0 ? undefined : amplitude;
  // Sines only: nothing but the range says it.
  for (let i = 0; i < table.data.length; i++) amplitude = Math.max(amplitude, Math.abs(table.data[i] as number));
  return amplitude > 0.8 && amplitude <= 1 ? 1 : undefined;
}

/**
 * The frequency of one column, by following its phase: from position 1 the phase is known up to the sign, each doubling
 * of the position halves the error. Undefined where the column stays too flat to tell.
 */
function estimate(wave: (position: number) => number, kind: 'sin' | 'cos', reach: number): number | undefined {
  const inverse = (x: number) => (kind === 'sin' ? Math.asin(clamp(x)) : Math.acos(clamp(x)));
  let frequency: number | undefined;
  for (let p = 1; p <= reach; p = p < reach && p * 2 > reach ? reach : p * 2) {
    const value = wave(p);
    if (!Number.isFinite(value)) return undefined;
    // Near its flat parts an arc function amplifies rounding: skip those positions.
    const slope = Math.sqrt(Math.max(0, 1 - value * value));
    const steep = kind === 'sin' ? slope > 0.2 : slope > 0.02;
    if (steep) {
      const principal = inverse(value);
      if (frequency === undefined) {
        frequency = principal / p;
      } else {
        const expected = frequency * p;
        // All angles with this sine (or cosine): the one nearest to where the coarser estimate points.
        const turns = [principal, kind === 'sin' ? Math.PI - principal : -principal];
        const angles = turns.map((angle) => angle + 2 * Math.PI * Math.round((expected - angle) / (2 * Math.PI)));
        const [nearest] = angles.sort((a, b) => Math.abs(a - expected) - Math.abs(b - expected));
        if (Math.abs((nearest as number) - expected) < 0.5) frequency = (nearest as number) / p;
      }
    }
    if (p === reach) break;
  }
  return frequency !== undefined && frequency > 0 ? frequency : undefined;
}

function clamp(x: number): number {
  return Math.min(1, Math.max(-1, x));
}

interface Grouping {
  readonly frequencies: (number | undefined)[];
  /** Frequency of each column. */
  readonly index: number[];
}

/** The ways in which exporters lay out one frequency's columns: adjacent, in halves, both, or one column each. */
function groupings(waves: readonly string[], estimates: readonly (number | undefined)[]): Grouping[] {
  const n = waves.length;
  const layouts: ((column: number) => number)[] = [];
  if (n % 2 === 0)
    layouts.push(
      (c) => Math.floor(c / 2),
      (c) => c % (n / 2),
    );
  // Pairs of sine and cosine, all of them twice: rotary tables seen as complex numbers.
  if (n % 4 === 0) layouts.push((c) => Math.floor(c / 2) % (n / 4));
  layouts.push((c) => c);
  const result: Grouping[] = [];
  for (const layout of layouts) {
    const index = waves.map((_, column) => layout(column));
    const frequencies: (number | undefined)[] = [];
    let consistent = true;
    for (let column = 0; column < n; column++) {
      const estimated = estimates[column];
      const group = index[column] as number;
      const other = frequencies[group];
      if (estimated !== undefined && other !== undefined) {
        if (Math.abs(estimated / other - 1) > 1e-3) consistent = false;
        // Sines of small angles are precise where cosines are not.
        else if (waves[column] === 'sin') frequencies[group] = estimated;
      } else frequencies[group] = other ?? estimated;
    }
    if (consistent) result.push({ frequencies, index });
  }
  return result;
}

type Series = Pick<Sinusoid, 'frequencies' | 'base' | 'single' | 'isSeries'>;

/** A geometric series explains most; then what another table of the model has; then each frequency by itself. */
function* candidates(
  series: Iterable<Series>,
  hints: readonly Sinusoid[],
  free: () => number[] | undefined,
): Iterable<Series> {
  yield* series;
  const others = hints.map(({ frequencies }) => frequencies);
  const own = free();
  if (own) others.push(own);
  for (const frequencies of others) {
    const base = (frequencies[0] as number) / (frequencies.at(-1) as number);
    for (const single of [true, false]) yield { frequencies, base, single, isSeries: false };
  }
}

/**
 * The frequencies as they were estimated, where that is precise: from sines, or from cosines that turn far enough. Rotary
 * tables are scaled frequency by frequency in models with long contexts.
 */
function ownFrequencies({ frequencies, index }: Grouping, sines: readonly boolean[], reach: number) {
  const result: number[] = [];
  for (const [group, frequency] of frequencies.entries()) {
    const isPrecise = index.some((other, column) => other === group && sines[column]) || (frequency ?? 0) * reach > 1;
    if (frequency === undefined || !isPrecise) return undefined;
    const round = snap(frequency);
    result.push(Math.abs(round / frequency - 1) < 1e-6 ? round : Math.fround(frequency));
  }
  return result;
}

/** Geometric series through the estimates: `first * base^(-k / count)`, in the roundings that frameworks use. */
function* seriesOf(estimates: readonly (number | undefined)[]): Iterable<Series> {
  const known = estimates.flatMap((w, k) => (w === undefined ? [] : [{ k, w }]));
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return;
  const count = estimates.length;
  const slope = last.k === first.k ? 0 : Math.log(last.w / first.w) / (last.k - first.k);
  const start = snap(Math.exp(Math.log(first.w) - slope * first.k));
  // A round base tells the formula: k / count (Vaswani) or k / (count - 1) (fairseq).
  const formulas = (count > 1 ? [count, count - 1] : [count]).map((divisor) => {
    const exact = Math.exp(-slope * divisor);
    return { divisor, base: snap(exact), isRound: snap(exact) !== exact };
  });
  formulas.sort((a, b) => Number(b.isRound) - Number(a.isRound));
  for (const { divisor, base } of formulas) {
    for (const frequencies of roundings(start, base, divisor, count)) {
      yield { frequencies, base, single: true, isSeries: true };
      yield { frequencies, base, single: false, isSeries: true };
    }
  }
}

function* roundings(start: number, base: number, divisor: number, count: number): Iterable<number[]> {
  const f = Math.fround;
  const make = (frequency: (k: number) => number) => Array.from({ length: count }, (_, k) => frequency(k));
  // exp(arange(0, d, 2) * -(log(base) / d)), in single precision
  const rate = f(-(Math.log(base) / (2 * divisor)));
  yield make((k) => f(start * f(Math.exp(f(2 * k * rate)))));
  const step = f(-(Math.log(base) / divisor));
  yield make((k) => f(start * f(Math.exp(f(k * step)))));
  // 1 / base ** (arange(0, d, 2) / d)
  yield make((k) => f(start * f(1 / f(base ** f(k / divisor)))));
  yield make((k) => f(start * base ** (-k / divisor)));
  yield make((k) => start * base ** (-k / divisor));
}

/** The nearest round number, if it is as near as the estimates are good. */
function snap(x: number): number {
  for (const digits of [1, 2, 3]) {
    const round = Number(x.toPrecision(digits));
    if (round !== 0 && Math.abs(x / round - 1) < 2e-4) return round;
  }
  return x;
}

/** Largest error, and how many elements are not hit exactly; undefined when one is out of tolerance. */
function misfitOf(sinusoid: Omit<Sinusoid, 'error'>, table: Table): { error: number; inexact: number } | undefined {
  const fitted = { ...sinusoid, error: 0 };
  let worst = 0;
  let inexact = 0;
  for (let row = 0; row < table.rows; row++) {
    const position = sinusoid.positions.step * row + sinusoid.positions.start;
    for (let column = 0; column < table.columns; column++) {
      const element = table.data[row * table.columns + column] as number;
      const expected = sinusoidAt(fitted, column, position);
      const error = Math.abs(expected - element);
      const frequency = fitted.frequencies[fitted.columns[column]?.index as number] as number;
      if (!(error <= tolerance(position * frequency, sinusoid.amplitude))) return undefined;
      worst = Math.max(worst, error);
      if (Math.fround(expected) !== element) inexact++;
    }
  }
  return { error: worst, inexact };
}
