import { stridesOf } from '../../ops/lib/shapes.js';
import type { DenseTensor } from '../../tensor/dense.js';

/** What an expression's value is: int64, a truth value, or a float in one of the two precisions of every runtime. */
export type ElementType = 'int' | 'bool' | 'float' | 'double';

type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Mod' | 'Pow';
type Comparison = 'Greater' | 'Less' | 'Equal';
type Logic = 'And' | 'Or';
type Function = 'Abs' | 'Neg' | 'Sqrt' | 'Exp' | 'Log' | 'Sin' | 'Cos' | 'Not';

/**
 * Element-wise arithmetic over positions and live sizes: what a Python exporter computed before it wrote the numbers down.
 * Every operator is the ONNX operator of that name, and rounds as it does; Div of integers is only for numbers from 0 up,
 * where all ways of rounding agree. Mod has the sign of the divisor.
 */
export type Expression =
  | { readonly op: 'index' | 'size'; readonly axis: number }
  | { readonly op: 'number'; readonly type: Exclude<ElementType, 'bool'>; readonly value: number }
  /** Parameters that differ along other axes (a slope for each head): full rank, size 1 where they do not. */
  | { readonly op: 'values'; readonly type: 'float' | 'double'; readonly tensor: DenseTensor }
  | { readonly op: 'cast'; readonly type: ElementType; readonly operand: Expression }
  | { readonly op: Arithmetic | Comparison | Logic; readonly left: Expression; readonly right: Expression }
  | { readonly op: Function; readonly operand: Expression }
  | {
      readonly op: 'where';
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    };

/** The position along an axis, from 0. */
export const index = (axis: number): Expression => ({ op: 'index', axis });
/** The live size of an axis. */
export const size = (axis: number): Expression => ({ op: 'size', axis });
/** A whole number. */
export const int = (value: number): Expression => ({ op: 'number', type: 'int', value });
/** A number in single or double precision. */
export const real = (value: number, type: 'float' | 'double'): Expression => ({ op: 'number', type, value });
/** The operand in another type. */
export const cast = (operand: Expression, type: ElementType): Expression =>
  typeOf(operand) === type ? operand : { op: 'cast', type, operand };
/** An operator with two operands of one type. */
export const apply = (op: Arithmetic | Comparison | Logic, left: Expression, right: Expression): Expression => ({
  op,
  left,
  right,
});
/** A function of one operand. */
export const call = (op: Function, operand: Expression): Expression => ({ op, operand });
/** A choice between two values. */
export const where = (condition: Expression, whenTrue: Expression, whenFalse: Expression): Expression => ({
  op: 'where',
  condition,
  whenTrue,
  whenFalse,
});

/** The type of an expression's value. */
export function typeOf(expression: Expression): ElementType {
  switch (expression.op) {
    case 'index':
    case 'size':
      return 'int';
    case 'number':
    case 'values':
    case 'cast':
      return expression.type;
    case 'Greater':
    case 'Less':
    case 'Equal':
    case 'And':
    case 'Or':
    case 'Not':
      return 'bool';
    case 'where':
      return typeOf(expression.whenTrue);
    default:
      return typeOf('left' in expression ? expression.left : expression.operand);
  }
}

/** The axes whose positions an expression depends on. */
export function axesOf(expression: Expression): Set<number> {
  const axes = new Set<number>();
  const visit = (part: Expression): void => {
    if (part.op === 'index') axes.add(part.axis);
    for (const inner of operandsOf(part)) visit(inner);
  };
  visit(expression);
  return axes;
}

/** The axes whose live sizes an expression reads, the ones whose positions it counts included. */
export function sizesOf(expression: Expression): Set<number> {
  const axes = axesOf(expression);
  const visit = (part: Expression): void => {
    if (part.op === 'size') axes.add(part.axis);
    for (const inner of operandsOf(part)) visit(inner);
  };
  visit(expression);
  return axes;
}

/** The operands, in the order of the operator's inputs. */
export function operandsOf(expression: Expression): readonly Expression[] {
  if ('left' in expression) return [expression.left, expression.right];
  if ('operand' in expression) return [expression.operand];
  if (expression.op === 'where') return [expression.condition, expression.whenTrue, expression.whenFalse];
  return [];
}

/** An expression as a function of the positions along all axes, rounding as the operators do. */
export type Compiled = (at: ArrayLike<number>) => number;

/** Compiles an expression for a constant of the given sizes. Booleans are 0 and 1. */
export function compile(expression: Expression, shape: readonly number[]): Compiled {
  const type = typeOf(expression);
  const round = type === 'float' ? Math.fround : (x: number) => x;
  switch (expression.op) {
    case 'index': {
      const { axis } = expression;
      return (at) => at[axis] as number;
    }
    case 'size': {
      const value = shape[expression.axis] as number;
      return () => value;
    }
    case 'number': {
      const value = round(expression.value);
      return () => value;
    }
    case 'values': {
      const { tensor } = expression;
      const strides = stridesOf(tensor.shape).map((stride, axis) => (tensor.shape[axis] === 1 ? 0 : stride));
      return (at) => {
        let offset = 0;
        for (let axis = 0; axis < strides.length; axis++) offset += (strides[axis] as number) * (at[axis] as number);
        return round(Number(tensor.data[offset]));
      };
    }
    case 'cast': {
      const operand = compile(expression.operand, shape);
      if (type === 'bool') return (at) => (operand(at) === 0 ? 0 : 1);
      return type === 'int' ? (at) => Math.trunc(operand(at)) : (at) => round(operand(at));
    }
    case 'where': {
      const [condition, whenTrue, whenFalse] = operandsOf(expression).map((part) => compile(part, shape));
      return (at) => ((condition as Compiled)(at) === 1 ? (whenTrue as Compiled)(at) : (whenFalse as Compiled)(at));
    }
    default:
  }
  if ('operand' in expression) {
    const operand = compile(expression.operand, shape);
    const f = FUNCTIONS[expression.op];
    return (at) => round(f(operand(at)));
  }
  const left = compile(expression.left, shape);
  const right = compile(expression.right, shape);
  if (expression.op === 'Div' && type === 'int') return (at) => Math.trunc(left(at) / right(at));
  const f = OPERATORS[expression.op];
  return (at) => round(f(left(at), right(at)));
}

const FUNCTIONS: Record<Function, (x: number) => number> = {
  Abs: Math.abs,
  Neg: (x) => -x,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Sin: Math.sin,
  Cos: Math.cos,
  Not: (x) => 1 - x,
};

const OPERATORS: Record<Arithmetic | Comparison | Logic, (x: number, y: number) => number> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  Mod: (x, y) => ((x % y) + y) % y,
  Pow: (x, y) => x ** y,
  Greater: (x, y) => Number(x > y),
  Less: (x, y) => Number(x < y),
  Equal: (x, y) => Number(x === y),
  And: (x, y) => Number(x === 1 && y === 1),
  Or: (x, y) => Number(x === 1 || y === 1),
};
