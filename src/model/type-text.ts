import { dataTypeName } from '../tensor/dtype.js';
import type { DeclaredDim, TypeInfo } from './type-info.js';

/** A type for people: `float[B, (T - 1)//2 + 1, 256]`, `seq(int64[?])`; `[...]` where the rank is not known. */
export function typeText(type: TypeInfo | undefined): string {
  switch (type?.kind) {
    case 'tensor':
      return `${elementText(type.elemType)}${shapeText(type.shape)}`;
    case 'sparse':
      return `sparse(${elementText(type.elemType)}${shapeText(type.shape)})`;
    case 'sequence':
      return `seq(${typeText(type.elemType)})`;
    case 'optional':
      return `optional(${typeText(type.elemType)})`;
    case 'map':
      return `map(${dataTypeName(type.keyType)}, ${typeText(type.valueType)})`;
    case 'opaque':
      return `opaque(${type.domain}.${type.name})`;
    default:
      return '?';
  }
}

function elementText(elemType: number): string {
  return elemType === 0 ? '?' : dataTypeName(elemType);
}

function shapeText(shape: readonly DeclaredDim[] | undefined): string {
  return shape === undefined ? '[...]' : `[${shape.map((dim) => dim ?? '?').join(', ')}]`;
}
