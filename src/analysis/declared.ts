import type { TypeInfo } from '../model/type-info.js';
import type { Facts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';

/** A declared size: a number, a `dim_param` (an expression where it parses as one), or undefined when not declared. */
export function declaredDim(dim: number | string | undefined): Dim | undefined {
  if (dim === undefined || dim === '') return undefined;
  if (typeof dim === 'number') return dim < 0 ? undefined : Dim.of(dim);
  try {
    return Dim.parse(dim);
  } catch {
    return Dim.symbol(dim); // exporters also write free text here: 'feats len'
  }
}

/** What a declared type (graph input, output, value_info) says. */
export function declaredFacts(type: TypeInfo): Facts | undefined {
  switch (type.kind) {
    case 'tensor':
    case 'sparse':
      return { kind: type.kind, dtype: type.elemType || undefined, shape: type.shape?.map(declaredDim) };
    case 'sequence':
      return { kind: 'sequence', element: type.elemType && declaredFacts(type.elemType) };
    case 'optional':
      return { kind: 'optional', element: type.elemType && declaredFacts(type.elemType) };
    case 'map':
      return { kind: 'map', keyType: type.keyType, value: type.valueType && declaredFacts(type.valueType) };
    default:
      return undefined;
  }
}
