/** Constants that vary along two baked axes: masks, and biases of two positions. */
import { stridesOf } from '../../ops/lib/shapes.js';
import type { BandMask } from '../../rewrite/generators/band.js';
import type { Element } from '../../rewrite/generators/context.js';
import {
  apply,
  call,
  cast,
  type Expression,
  index,
  int,
  real,
  size,
  where,
} from '../../rewrite/generators/expression.js';
import type { Generator } from '../../rewrite/generators/generate.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { findAlong, fractionOfSize } from './along.js';
import { describeBand, findBand } from './band.js';
import { findCondition } from './condition.js';
import { findDistance } from './distance.js';
import { type BitMatrix, bitMatrix, elementAt } from './matrix.js';
import { byOffset, findRelative } from './relative.js';
import { reproduces } from './reproduces.js';
import { snap } from './snap.js';

/** A generator and how people call it. */
export interface Found {
  readonly generator: Generator;
  readonly name: string;
}

/** Explains a constant that varies along two baked axes, and maybe along others that are parameters. */
export function findPairs(
  tensor: DenseTensor,
  rowAxis: number,
  columnAxis: number,
  varying: number,
): Found | undefined {
  const plane = varying === 2 ? new Plane(tensor, rowAxis, columnAxis) : undefined;
  return (
    plane?.mask() ??
    biases(tensor, rowAxis, columnAxis) ??
    plane?.levels() ??
    plane?.masked() ??
    plane?.distance() ??
    plane?.separable() ??
    plane?.diagonal()
  );
}

function biases(tensor: DenseTensor, rowAxis: number, columnAxis: number): Found | undefined {
  const relative = findRelative(tensor, rowAxis, columnAxis);
  if (relative?.kind === 'relative-slope') return { generator: relative, name: 'bias that grows with the distance' };
  const offsets = byOffset(tensor, rowAxis, columnAxis);
  const exact = offsets && findDistance(tensor, offsets, rowAxis, columnAxis, true);
  if (exact && reproduces(exact.expression, tensor)) {
    return { generator: { kind: 'formula', expression: exact.expression }, name: exact.name };
  }
  if (relative) return { generator: relative, name: `relative bias for ${relative.low}..${relative.high}` };
  const curve = offsets && findDistance(tensor, offsets, rowAxis, columnAxis, false);
  if (curve === undefined) return undefined;
  const { expression, name } = curve;
  return { generator: { kind: 'relative-curve', rowAxis, columnAxis, expression }, name };
}

/** Values by row and column alone. */
class Plane {
  readonly #tensor: DenseTensor;
  readonly #rowAxis: number;
  readonly #columnAxis: number;
  readonly #rows: number;
  readonly #columns: number;

  constructor(tensor: DenseTensor, rowAxis: number, columnAxis: number) {
    this.#tensor = tensor;
    this.#rowAxis = rowAxis;
    this.#columnAxis = columnAxis;
    this.#rows = tensor.shape[rowAxis] as number;
    this.#columns = tensor.shape[columnAxis] as number;
  }

  #at(i: number, j: number): Element {
    const strides = stridesOf(this.#tensor.shape);
    return elementAt(this.#tensor, i * (strides[this.#rowAxis] as number) + j * (strides[this.#columnAxis] as number));
  }

  /** Two values: a band, or another condition. */
  mask(): Found | undefined {
    const matrix = bitMatrix(this.#tensor, this.#rowAxis, this.#columnAxis);
    if (matrix === undefined) return undefined;
    const [rowAxis, columnAxis] = [this.#rowAxis, this.#columnAxis];
    const rule = this.#conditionOf(matrix);
    if (rule === undefined) return undefined;
    const { condition, name, band } = rule;
    const [inside, outside] = band ? [band.inside, band.outside] : [matrix.one, matrix.zero];
    const scaled = this.#fractions(condition, inside, outside);
    if (scaled) return { generator: { kind: 'formula', expression: scaled }, name: `${name}, scaled by 1 / size` };
    if (band) return { generator: { kind: 'band', rowAxis, columnAxis, ...band }, name };
    return { generator: { kind: 'condition', condition, inside, outside }, name: `mask where ${name}` };
  }

  #conditionOf(matrix: BitMatrix) {
    const band = findBand(matrix);
    if (band && !isAlignedAtEnd(band, matrix)) {
      return { condition: bandCondition(band, this.#rowAxis, this.#columnAxis), name: describeBand(band), band };
    }
    const found = findCondition(matrix, this.#rowAxis, this.#columnAxis);
    return found && { ...found, band: undefined };
  }

  /** Fill values that are 1 / n: the rows of an average. */
  #fractions(condition: Expression, inside: Element, outside: Element): Expression | undefined {
    if (!isFloat(this.#tensor.dtype)) return undefined;
    const type = this.#type();
    const parts = [inside, outside].map((element) => {
      const axes = [this.#columnAxis, this.#rowAxis];
      const fraction = axes.map((axis) => fractionOfSize(this.#tensor, Number(element), axis)).find(Boolean);
      return { isFraction: fraction !== undefined, value: fraction?.expression ?? real(Number(element), type) };
    });
    if (!parts.some(({ isFraction }) => isFraction)) return undefined;
    const [whenTrue, whenFalse] = parts.map(({ value }) => value) as [Expression, Expression];
    const expression = where(condition, whenTrue, whenFalse);
    return reproduces(expression, this.#tensor) ? expression : undefined;
  }

  /** Three or four values, each where a condition holds: masks of several kinds added up. */
  levels(): Found | undefined {
    const groups = this.#groups(4);
    if (groups === undefined || groups.length < 3 || !isFloat(this.#tensor.dtype)) return undefined;
    const rules: { value: number; condition: Expression; name: string }[] = [];
    let rest: number | undefined;
    for (const { value, bits } of groups) {
      const matrix = { rows: this.#rows, columns: this.#columns, bits, zero: 0, one: 1 };
      const found = this.#conditionOf(matrix);
      if (found === undefined) {
        if (rest !== undefined) return undefined;
        rest = value;
        continue;
      }
      const { condition, band } = found;
      rules.push({ value, condition: band?.inside === 0 ? call('Not', condition) : condition, name: found.name });
    }
    rest ??= rules.pop()?.value as number;
    const type = this.#type();
    const expression = rules.reduceRight<Expression>(
      (otherwise, { value, condition }) => where(condition, real(value, type), otherwise),
      real(rest, type),
    );
    if (!reproduces(expression, this.#tensor)) return undefined;
    const name = rules.map((rule) => `${rule.value} where ${rule.name}`).join(', ');
    return { generator: { kind: 'formula', expression }, name };
  }

  #groups(limit: number): { value: number; bits: Uint8Array }[] | undefined {
    const groups: { value: number; bits: Uint8Array }[] = [];
    for (let i = 0, k = 0; i < this.#rows; i++) {
      for (let j = 0; j < this.#columns; j++, k++) {
        const value = Number(this.#at(i, j));
        let group = groups.find((other) => Object.is(other.value, value));
        if (group === undefined) {
          if (groups.length === limit) return undefined;
          group = { value, bits: new Uint8Array(this.#rows * this.#columns) };
          groups.push(group);
        }
        group.bits[k] = 1;
      }
    }
    return groups;
  }

  /** A rule of the row (or the column) where a mask lets it through, one value elsewhere: averages of what came before. */
  masked(): Found | undefined {
    if (!isFloat(this.#tensor.dtype)) return undefined;
    for (const fill of [0, Number.NEGATIVE_INFINITY]) {
      const bits = new Uint8Array(this.#rows * this.#columns);
      for (let i = 0, k = 0; i < this.#rows; i++) {
        for (let j = 0; j < this.#columns; j++, k++) bits[k] = Number(Number(this.#at(i, j)) !== fill);
      }
      if (!bits.includes(0) || !bits.includes(1)) continue;
      const matrix = { rows: this.#rows, columns: this.#columns, bits, zero: 0, one: 1 };
      const found = this.#conditionOf(matrix);
      if (found === undefined) continue;
      const condition = found.band?.inside === 0 ? call('Not', found.condition) : found.condition;
      for (const axis of [this.#rowAxis, this.#columnAxis]) {
        const line = this.#lineWhere(bits, axis);
        const rule = line && findAlong(line, axis);
        const expression = rule && where(condition, cast(rule.expression, this.#type()), real(fill, this.#type()));
        if (rule && expression && reproduces(expression, this.#tensor)) {
          return { generator: { kind: 'formula', expression }, name: `${rule.name} where ${found.name}` };
        }
      }
    }
    return undefined;
  }

  /** The one value of each row (or column) where the bits are set, as a tensor along that axis. */
  #lineWhere(bits: Uint8Array, axis: number): DenseTensor | undefined {
    const isRow = axis === this.#rowAxis;
    const count = isRow ? this.#rows : this.#columns;
    const values = new Array<number>(count).fill(Number.NaN);
    for (let i = 0, k = 0; i < this.#rows; i++) {
      for (let j = 0; j < this.#columns; j++, k++) {
        if (bits[k] === 0) continue;
        const at = isRow ? i : j;
        const value = Number(this.#at(i, j));
        if (Number.isNaN(values[at])) values[at] = value;
        else if (values[at] !== value) return undefined;
      }
    }
    return values.some(Number.isNaN) ? undefined : this.#line(values, axis);
  }

  #line(values: readonly number[], axis: number): DenseTensor {
    const shape = this.#tensor.shape.map((_, other) => (other === axis ? values.length : 1));
    const data = isFloat(this.#tensor.dtype) ? Float64Array.from(values) : BigInt64Array.from(values, BigInt);
    if (!isFloat(this.#tensor.dtype)) return { dtype: DataType.INT64, shape, data };
    const isDouble = this.#tensor.dtype === DataType.DOUBLE;
    return { dtype: this.#tensor.dtype, shape, data: isDouble ? data : Float32Array.from(values) };
  }

  /** Whole numbers that grow with the distance from the diagonal, signed or not: rows of tables of relative positions. */
  distance(): Found | undefined {
    if (this.#tensor.dtype !== DataType.INT64 && this.#tensor.dtype !== DataType.INT32) return undefined;
    const [start, next] = [this.#at(0, 0), this.#at(0, 1)].map(Number) as [number, number];
    const step = next - start;
    if (step === 0) return undefined;
    const signed = apply('Sub', index(this.#columnAxis), index(this.#rowAxis));
    for (const offset of [signed, call('Abs', signed)]) {
      const scaled = step === 1 ? offset : apply('Mul', offset, int(step));
      const expression = start === 0 ? scaled : apply('Add', scaled, int(start));
      if (!reproduces(expression, this.#tensor)) continue;
      const name = `numbers in steps of ${step} by ${offset === signed ? 'j - i' : '|j - i|'}`;
      return { generator: { kind: 'formula', expression }, name };
    }
    return undefined;
  }

  /** A rule of the row plus, or times, a rule of the column. */
  separable(): Found | undefined {
    if (Array.isArray(this.#tensor.data)) return undefined;
    for (const op of ['Add', 'Mul'] as const) {
      const [first, ...more] = [0, this.#columns - 1].map((j) => Number(this.#at(0, j)));
      const corner = first as number;
      const column = op === 'Add' || corner !== 0 ? 0 : this.#columns - 1;
      const base = column === 0 ? corner : (more[0] as number);
      const rows = Array.from({ length: this.#rows }, (_, i) => {
        const value = Number(this.#at(i, column));
        return op === 'Add' ? value - base : value / base;
      });
      const columns = Array.from({ length: this.#columns }, (_, j) => Number(this.#at(0, j)));
      if (![...rows, ...columns].every(Number.isFinite)) continue;
      if (!isFloat(this.#tensor.dtype) && !rows.every(Number.isInteger)) continue;
      const left = findAlong(this.#line(rows, this.#rowAxis), this.#rowAxis);
      const right = left && findAlong(this.#line(columns, this.#columnAxis), this.#columnAxis);
      if (left === undefined || right === undefined) continue;
      const type = isFloat(this.#tensor.dtype) ? this.#type() : 'int';
      const expression = apply(op, cast(left.expression, type), cast(right.expression, type));
      if (!reproduces(expression, this.#tensor)) continue;
      const name = `${left.name} along the rows ${op === 'Add' ? 'plus' : 'times'} ${right.name} along the columns`;
      return { generator: { kind: 'formula', expression }, name };
    }
    return undefined;
  }

  /** `c * |i * columns / rows - j|`: the distance from the diagonal of two lengths. */
  diagonal(): Found | undefined {
    const type = this.#type();
    if (!isFloat(this.#tensor.dtype) || this.#rows === this.#columns) return undefined;
    const [i, j] = [index(this.#rowAxis), index(this.#columnAxis)];
    const [rows, columns] = [size(this.#rowAxis), size(this.#columnAxis)];
    const scale = snap(Number(this.#at(0, this.#columns - 1)) / (this.#columns - 1));
    if (scale === 0 || !Number.isFinite(scale)) return undefined;
    for (const precision of type === 'double' ? (['double'] as const) : (['double', 'float'] as const)) {
      const wide = (x: Expression) => cast(x, precision);
      for (const centre of [
        apply('Div', wide(apply('Mul', i, columns)), wide(rows)),
        apply('Mul', wide(i), apply('Div', wide(columns), wide(rows))),
        apply('Div', wide(i), apply('Div', wide(rows), wide(columns))),
      ]) {
        const distance = call('Abs', apply('Sub', centre, wide(j)));
        const forms = [distance, apply('Mul', real(scale, precision), distance)];
        if (precision !== type) forms.push(apply('Mul', real(scale, type), cast(distance, type)));
        const expression = forms.find((form) => reproduces(form, this.#tensor));
        if (expression) {
          return { generator: { kind: 'formula', expression }, name: `${scale} times the distance from the diagonal` };
        }
      }
    }
    return undefined;
  }

  #type(): 'float' | 'double' {
    return this.#tensor.dtype === DataType.DOUBLE ? 'double' : 'float';
  }
}

/** Is the band told from the last row and column: causal attention to a past, as long as the columns are more? */
function isAlignedAtEnd({ chunk, low, high }: ReturnType<typeof findBand> & object, { rows, columns }: BitMatrix) {
  const shift = columns - rows;
  return shift !== 0 && chunk === 1 && (high === shift || low === shift + 1);
}

type Band = Omit<BandMask, 'kind' | 'rowAxis' | 'columnAxis'>;

/** Where a band is inside. */
function bandCondition({ chunk, low, high }: Band, rowAxis: number, columnAxis: number): Expression {
  const block = (axis: number) => (chunk === 1 ? index(axis) : apply('Div', index(axis), int(chunk)));
  const offset = apply('Sub', block(columnAxis), block(rowAxis));
  if (low !== undefined && low === high) return apply('Equal', offset, int(low));
  const above = low === undefined ? undefined : apply('Greater', offset, int(low - 1));
  const below = high === undefined ? undefined : apply('Less', offset, int(high + 1));
  return above && below ? apply('And', above, below) : ((above ?? below) as Expression);
}
