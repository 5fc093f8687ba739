/** ONNX element types: `TensorProto.DataType` numbers, their names and sizes. */
export const DataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
} as const;

/** A number of `TensorProto.DataType`; files may hold numbers that are newer than this list. */
export type DataType = number;

const NAMES = new Map<number, string>(Object.entries(DataType).map(([name, value]) => [value, name.toLowerCase()]));

/** The field's lower-case name of an element type (`float`, `int64`, `bfloat16` ...), or `type <n>` for an unknown one. */
export function dataTypeName(type: DataType): string {
  return NAMES.get(type) ?? `type ${type}`;
}

const NUMBERS = new Map<string, number>([...NAMES].map(([value, name]) => [name, value]));

/** The element type of a lower-case name; undefined for anything else (`seq(float)`). */
export function dataTypeByName(name: string): DataType | undefined {
  return NUMBERS.get(name);
}

const BITS = new Map<number, number>([
  [DataType.FLOAT, 32],
  [DataType.UINT8, 8],
  [DataType.INT8, 8],
  [DataType.UINT16, 16],
  [DataType.INT16, 16],
  [DataType.INT32, 32],
  [DataType.INT64, 64],
  [DataType.BOOL, 8],
  [DataType.FLOAT16, 16],
  [DataType.DOUBLE, 64],
  [DataType.UINT32, 32],
  [DataType.UINT64, 64],
  [DataType.COMPLEX64, 64],
  [DataType.COMPLEX128, 128],
  [DataType.BFLOAT16, 16],
  [DataType.FLOAT8E4M3FN, 8],
  [DataType.FLOAT8E4M3FNUZ, 8],
  [DataType.FLOAT8E5M2, 8],
  [DataType.FLOAT8E5M2FNUZ, 8],
  [DataType.UINT4, 4],
  [DataType.INT4, 4],
  [DataType.FLOAT4E2M1, 4],
  [DataType.FLOAT8E8M0, 8],
  [DataType.UINT2, 2],
  [DataType.INT2, 2],
]);

/** Bits that one element takes in `raw_data`; undefined for strings and unknown types. */
export function bitsPerElement(type: DataType): number | undefined {
  return BITS.get(type);
}

/** Is this one of the IEEE-like floating-point types? */
export function isFloat(type: DataType): boolean {
  return (
    type === DataType.FLOAT ||
    type === DataType.DOUBLE ||
    type === DataType.FLOAT16 ||
    type === DataType.BFLOAT16 ||
    (type >= DataType.FLOAT8E4M3FN && type <= DataType.FLOAT8E5M2FNUZ) ||
    type === DataType.FLOAT4E2M1 ||
    type === DataType.FLOAT8E8M0
  );
}

/** Is this a signed or unsigned integer type (bool is not)? */
export function isInteger(type: DataType): boolean {
  return (
    (type >= DataType.UINT8 && type <= DataType.INT64) ||
    type === DataType.UINT32 ||
    type === DataType.UINT64 ||
    type === DataType.UINT4 ||
    type === DataType.INT4 ||
    type === DataType.UINT2 ||
    type === DataType.INT2
  );
}

/** Is this a 64-bit integer type, whose elements are bigint in a dense tensor? */
export function isInt64(type: DataType): boolean {
  return type === DataType.INT64 || type === DataType.UINT64;
}
