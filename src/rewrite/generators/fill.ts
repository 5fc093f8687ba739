import type { Value } from '../../model/value.js';
import { type Element, elementTensor, type GeneratorContext } from './context.js';

/** Every element is the same. */
export interface Fill {
  readonly kind: 'fill';
  readonly value: Element;
}

/** One element that broadcasts: the constant's rank, all sizes 1. */
export function emitFill({ value }: Fill, { emitter, tensor, anchor }: GeneratorContext): Value {
  const ones = tensor.shape.map(() => 1);
  return emitter.constant(elementTensor(value, tensor, ones), 'mask', anchor);
}
