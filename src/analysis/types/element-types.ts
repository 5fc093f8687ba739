import type { TypeInfo } from '../../model/type-info.js';
import { DataType, dataTypeByName, isFloat, isInteger } from '../../tensor/dtype.js';

/** The element type inside a type as schemas write it: `float`, `seq(tensor(float))`; undefined for maps and the like. */
export function elementOf(text: string): number | undefined {
  const plain = dataTypeByName(text);
  if (plain !== undefined) return plain;
  const inner = /^(?:optional\()?(?:seq\()?(?:sparse_)?tensor\((\w+)\)+$/.exec(text)?.[1];
  return inner === undefined ? undefined : dataTypeByName(inner);
}

/** The element type that a declaration gives; undefined when it says none. */
export function declaredElement(type: TypeInfo | undefined): number | undefined {
  switch (type?.kind) {
    case 'tensor':
    case 'sparse':
      return type.elemType || undefined;
    case 'sequence':
    case 'optional':
      return declaredElement(type.elemType);
    default:
      return undefined;
  }
}

/** The declaration with another element type. */
export function withElement(type: TypeInfo, dtype: number): TypeInfo {
  switch (type.kind) {
    case 'tensor':
    case 'sparse':
      return { ...type, elemType: dtype };
    case 'sequence':
    case 'optional':
      return type.elemType === undefined ? type : { ...type, elemType: withElement(type.elemType, dtype) };
    default:
      return type;
  }
}

/** Is it a type that inputs and outputs of a model in 16 bits or of one in 32 have? */
export function isInterfaceFloat(dtype: number | undefined): dtype is number {
  return dtype === DataType.FLOAT || dtype === DataType.FLOAT16 || dtype === DataType.BFLOAT16;
}

/** Floats that hold weights and activations; the types that a precision repair moves between. */
export function isRealFloat(dtype: number): boolean {
  return (
    dtype === DataType.FLOAT || dtype === DataType.FLOAT16 || dtype === DataType.BFLOAT16 || dtype === DataType.DOUBLE
  );
}

/** Can Cast make one of the other? */
export function isCastable(from: number, to: number): boolean {
  const isNumber = (dtype: number) => isFloat(dtype) || isInteger(dtype) || dtype === DataType.BOOL;
  return isNumber(from) && isNumber(to);
}

const RANKS = new Map<number, number>([
  [DataType.BOOL, 0],
  [DataType.UINT8, 1],
  [DataType.INT8, 1],
  [DataType.UINT16, 2],
  [DataType.INT16, 2],
  [DataType.INT32, 3],
  [DataType.UINT32, 3],
  [DataType.INT64, 4],
  [DataType.UINT64, 4],
  [DataType.BFLOAT16, 5],
  [DataType.FLOAT16, 6],
  [DataType.FLOAT, 7],
  [DataType.DOUBLE, 8],
]);

/** A number that grows with how much a type can hold, for telling widening from narrowing casts. */
export function widthRank(dtype: number): number {
  return RANKS.get(dtype) ?? 0;
}
