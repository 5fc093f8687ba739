import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import { type Element, elementTensor, type GeneratorContext } from './context.js';

/** Emits the choice between two elements of the constant's type by a condition: the condition itself, Not, Cast or Where. */
export function choose(
  condition: Value,
  whenTrue: Element,
  whenFalse: Element,
  context: Pick<GeneratorContext, 'emitter' | 'anchor' | 'tensor'>,
): Value {
  const { emitter, anchor, tensor } = context;
  const { dtype } = tensor;
  const isOne = (x: Element) => x === 1 || x === 1n;
  const isZero = (x: Element) => Object.is(x, 0) || x === 0n;
  if (isOne(whenTrue) && isZero(whenFalse)) {
    if (dtype === DataType.BOOL) return condition;
    return emitter.node(
      { opType: 'Cast', inputs: [condition], attributes: { to: { int: dtype } }, hint: 'mask' },
      anchor,
    );
  }
  if (dtype === DataType.BOOL) return emitter.node({ opType: 'Not', inputs: [condition], hint: 'mask' }, anchor);
  const scalar = (element: Element) => emitter.constant(elementTensor(element, tensor), 'fill', anchor);
  const inputs = [condition, scalar(whenTrue), scalar(whenFalse)];
  return emitter.node({ opType: 'Where', inputs, hint: 'mask' }, anchor);
}
