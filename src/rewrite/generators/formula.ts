import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { indices, opsetOf, unsqueeze } from '../size.js';
import { choose } from './choose.js';
import { type Element, type GeneratorContext, integersFrom } from './context.js';
import { apply, axesOf, type ElementType, type Expression, int, operandsOf, typeOf } from './expression.js';

/** Elements computed from their positions and the live sizes, by operators that round alike everywhere. */
export interface Formula {
  readonly kind: 'formula';
  readonly expression: Expression;
}

/** A mask: `inside` where a condition on the positions holds, else `outside`. */
export interface Condition {
  readonly kind: 'condition';
  readonly condition: Expression;
  readonly inside: Element;
  readonly outside: Element;
}

/** Emits the expression, cast to the constant's type. Axes in front of the first one that it depends on are missing. */
export function emitFormula({ expression }: Formula, context: GeneratorContext): Value {
  const { emitter, anchor, tensor } = context;
  const value = emit(expression, context);
  if (DTYPES[typeOf(expression)] === tensor.dtype) return value;
  const attributes = { to: { int: tensor.dtype } };
  return emitter.node({ opType: 'Cast', inputs: [value], attributes, hint: 'values' }, anchor);
}

/** Emits the condition and the choice of the fill values. Axes in front of the first one it depends on are missing. */
export function emitCondition({ condition, inside, outside }: Condition, context: GeneratorContext): Value {
  // Not(c) costs a node that swapping the values saves.
  if (condition.op === 'Not') return choose(emit(condition.operand, context), outside, inside, context);
  return choose(emit(condition, context), inside, outside, context);
}

/** Emits an expression of one axis as a vector: no axes of size 1 behind. */
export function emitVector(expression: Expression, context: GeneratorContext): Value {
  const [axis = 0] = axesOf(expression);
  return emit(expression, { ...context, shape: context.shape.slice(0, axis + 1) });
}

/** How many leading axes the result lacks. */
export function missingAxesOf(expression: Expression, rank: number): number {
  return holdsValues(expression) ? 0 : Math.min(rank, ...axesOf(expression));
}

/** Does the result have the sizes of parameter axes? */
export function holdsValues(expression: Expression): boolean {
  return expression.op === 'values' || operandsOf(expression).some(holdsValues);
}

const DTYPES: Record<ElementType, number> = {
  int: DataType.INT64,
  bool: DataType.BOOL,
  float: DataType.FLOAT,
  double: DataType.DOUBLE,
};

function emit(expression: Expression, context: GeneratorContext): Value {
  const { emitter, sizes, anchor, shape } = context;
  const node = (opType: string, inputs: Value[], attributes?: { to: { int: number } }) =>
    emitter.node({ opType, inputs, ...(attributes ? { attributes } : {}), hint: 'values' }, anchor);
  switch (expression.op) {
    case 'index': {
      const { axis } = expression;
      const range = indices(emitter, sizes, shape[axis] as Dim, anchor);
      return unsqueeze(emitter, range, integersFrom(1, shape.length - 1 - axis), anchor);
    }
    case 'size':
      return sizes.scalar(shape[expression.axis] as Dim, anchor);
    case 'number': {
      const { type, value } = expression;
      if (type === 'int') return emitter.int64(value, 'number', anchor);
      const data = type === 'float' ? Float32Array.of(value) : Float64Array.of(value);
      return emitter.constant({ dtype: DTYPES[type], shape: [], data }, 'number', anchor);
    }
    case 'values':
      return emitter.constant(expression.tensor, 'parameters', anchor);
    case 'cast':
      return node('Cast', [emit(expression.operand, context)], { to: { int: DTYPES[expression.type] } });
    case 'where':
      return node(
        'Where',
        operandsOf(expression).map((part) => emit(part, context)),
      );
    case 'Mod': {
      if (opsetOf(anchor) >= 10) break;
      // Mod came with opset 10; what Div leaves has the sign of the dividend.
      const { left, right } = expression;
      const rest = remainder(left, right);
      return emit(remainder(apply('Add', rest, right), right), context);
    }
    case 'Neg':
      if (typeOf(expression) === 'int') return emit({ op: 'Sub', left: int(0), right: expression.operand }, context);
      break;
    default:
  }
  return node(
    expression.op,
    operandsOf(expression).map((part) => emit(part, context)),
  );
}

function remainder(left: Expression, right: Expression): Expression {
  return apply('Sub', left, apply('Mul', apply('Div', left, right), right));
}
