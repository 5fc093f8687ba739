import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import { declaredDim, declaredFacts } from './declared.js';

/** Sizes that take the place of the declared ones of graph inputs, by input name. */
export type InputShapes = Readonly<Record<string, readonly (number | string | undefined)[]>>;

/** The shape that inference takes a graph input to have; undefined where not even the rank is declared. */
export function inputShape(input: Value, given: InputShapes | undefined): Dim[] | undefined {
  const declared = input.declared === undefined ? undefined : declaredFacts(input.declared);
  const shape = given?.[input.name]?.map(declaredDim) ?? (declared?.kind === 'tensor' ? declared.shape : undefined);
  // A size that nobody declared is still one size: name it after the input.
  return shape?.map((dim, axis) => dim ?? Dim.symbol(`${input.name}_dim_${axis}`));
}
