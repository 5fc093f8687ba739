import { stridesOf } from '../../ops/lib/shapes.js';
import { apply, cast, type Expression, index, int, real, size, where } from '../../rewrite/generators/expression.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { curvesOf } from './curves.js';
import { findLine, type LineRule } from './line.js';
import { findRamp } from './ramp.js';
import { reproduces } from './reproduces.js';

/** Explains numbers that vary along one axis only, by operators that round alike everywhere. */
export function findAlong(tensor: DenseTensor, axis: number): LineRule | undefined {
  return (
    sameForAll(tensor, axis) ??
    ramp(tensor, axis) ??
    steps(tensor, axis) ??
    findLine(tensor, axis) ??
    falling(tensor, axis)
  );
}

/** One number, which may be a fraction of the size. */
function sameForAll(tensor: DenseTensor, axis: number): LineRule | undefined {
  const [first] = tensor.data;
  if (first === undefined || typeof first === 'string' || !tensor.data.every((x: unknown) => Object.is(x, first))) {
    return undefined;
  }
  const fraction = isFloat(tensor.dtype) ? fractionOfSize(tensor, Number(first), axis) : undefined;
  if (fraction) return fraction;
  const type = isFloat(tensor.dtype) ? (tensor.dtype === DataType.DOUBLE ? 'double' : 'float') : 'int';
  return { expression: { op: 'number', type, value: Number(first) }, name: String(first) };
}

/** `1 / n` or `-1 / n` for the size n of a baked axis: an average written as a product. */
export function fractionOfSize(tensor: DenseTensor, value: number, axis: number): LineRule | undefined {
  const n = tensor.shape[axis] as number;
  const type = tensor.dtype === DataType.DOUBLE ? 'double' : 'float';
  const round = tensor.dtype === DataType.DOUBLE ? (x: number) => x : Math.fround;
  if (!isFloat(tensor.dtype) || n < 3 || Math.abs(value) !== round(1 / n)) return undefined;
  const expression = apply('Div', real(Math.sign(value), type), cast(size(axis), type));
  return { expression, name: `${Math.sign(value)} / size` };
}

function ramp(tensor: DenseTensor, axis: number): LineRule | undefined {
  const found = findRamp(tensor, axis);
  if (found === undefined) return undefined;
  const i = index(axis);
  const fromEnd = apply('Sub', apply('Sub', size(axis), int(1)), i);
  const scaled = (x: Expression, by: number) => (by === 1 ? x : apply('Mul', x, int(by)));
  const counted = found.anchor === 'start' ? scaled(i, found.step) : scaled(fromEnd, -found.step);
  const expression = found.fixed === 0 ? counted : apply('Add', counted, int(found.fixed));
  return { expression, name: `numbers in steps of ${found.step}` };
}

/** `start + step * (i // width)`: numbers of segments. */
function steps(tensor: DenseTensor, axis: number): LineRule | undefined {
  const n = tensor.shape[axis] as number;
  const at = reader(tensor, axis);
  if (at === undefined) return undefined;
  let width = 1;
  while (width < n && at(width) === at(0)) width++;
  // Three different values at least: two are a border that may be anywhere.
  if (width < 2 || n <= 2 * width) return undefined;
  const step = at(width) - at(0);
  if (!Number.isInteger(at(0)) || !Number.isInteger(step)) return undefined;
  const counted = apply('Mul', apply('Div', index(axis), int(width)), int(step));
  const expression = apply('Add', counted, int(at(0)));
  return reproduces(expression, tensor) ? { expression, name: `steps of ${step} every ${width}` } : undefined;
}

/** A curve of the position, or of the distance to the end; level from some position on. */
function falling(tensor: DenseTensor, axis: number): LineRule | undefined {
  const n = tensor.shape[axis] as number;
  const at = reader(tensor, axis);
  if (at === undefined || n < 4 || !isFloat(tensor.dtype)) return undefined;
  const type = tensor.dtype === DataType.DOUBLE ? 'double' : 'float';
  const forward = Array.from({ length: n }, (_, i) => at(i));
  const i = index(axis);
  const ways: [Expression, number[], string][] = [
    [i, forward, 'position'],
    [apply('Sub', apply('Sub', size(axis), int(1)), i), [...forward].reverse(), 'position from the end'],
  ];
  for (const [distance, list, what] of ways) {
    const last = list.at(-1) as number;
    const level = list.findIndex((_, k) => list.slice(k).every((value) => value === last));
    const isLevel = level >= 2 && level <= n - 3;
    const reached = isLevel ? where(apply('Less', distance, int(level)), distance, int(level)) : distance;
    const rising = isLevel ? list.slice(0, level + 1) : list;
    for (const curve of curvesOf({ from: 0, lists: [rising], type })) {
      if (!curve.isExact) continue;
      const expression = curve.make(reached, ([value = 0], precision) => real(value, precision));
      const name = curve.name.replace('distance', what);
      if (reproduces(expression, tensor)) return { expression, name };
    }
  }
  return undefined;
}

function reader(tensor: DenseTensor, axis: number): ((i: number) => number) | undefined {
  if (Array.isArray(tensor.data)) return undefined;
  const stride = stridesOf(tensor.shape)[axis] as number;
  return (i) => Number(tensor.data[i * stride]);
}
