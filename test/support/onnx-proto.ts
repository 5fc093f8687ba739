import { createRequire } from 'node:module';
import protobuf from 'protobufjs';
import { decodeElements, encodeElements } from '../../src/tensor/codec.js';
import type { DenseData, DenseTensor } from '../../src/tensor/dense.js';
import { elementCount } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';

/** The messages the tests read and write; 64-bit numbers are what protobufjs makes of them. */
export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly (number | { toNumber(): number })[];
  readonly dataType?: number;
  readonly rawData?: Uint8Array;
  readonly floatData?: readonly number[];
  readonly doubleData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly (number | { toString(): string })[];
  readonly uint64Data?: readonly (number | { toString(): string })[];
  readonly stringData?: readonly Uint8Array[];
}
export interface AttributeProto {
  readonly name?: string;
  readonly type?: number;
  readonly refAttrName?: string;
  readonly f?: number;
  readonly i?: number | { toNumber(): number };
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly (number | { toNumber(): number })[];
  readonly strings?: readonly Uint8Array[];
}
export interface NodeProto {
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly AttributeProto[];
}
export interface DimProto {
  readonly dimValue?: number | { toNumber(): number };
  readonly dimParam?: string;
}
export interface TypeProto {
  readonly tensorType?: { readonly elemType?: number; readonly shape?: { readonly dim?: readonly DimProto[] } };
}
export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}
export interface GraphProto {
  readonly name?: string;
  readonly node?: readonly NodeProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
  readonly initializer?: readonly TensorProto[];
}
export interface ModelProto {
  readonly irVersion?: number;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: number | { toNumber(): number } }[];
  readonly functions?: readonly unknown[];
}

const require = createRequire(import.meta.url);
const root = protobuf.Root.fromJSON(require('../../src/format/data/onnx-proto.descriptor.json') as protobuf.INamespace);

function decode<T>(type: string, bytes: Uint8Array): T {
  return root.lookupType(`onnx.${type}`).decode(bytes) as unknown as T;
}

export function decodeModel(bytes: Uint8Array): ModelProto {
  return decode<ModelProto>('ModelProto', bytes);
}

export function encodeModel(model: ModelProto): Uint8Array {
  const type = root.lookupType('onnx.ModelProto');
  return type.encode(type.fromObject(model as Record<string, unknown>)).finish();
}

/** A `.pb` file of the backend tests that holds a tensor. */
export function decodeTensorFile(bytes: Uint8Array): DenseTensor {
  return denseOf(decode<TensorProto>('TensorProto', bytes));
}

/** What protobufjs makes of a 64-bit field, as a number. */
export function toNumber(value: number | { toNumber(): number } | undefined): number {
  return typeof value === 'object' ? value.toNumber() : (value ?? 0);
}

export function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

export function denseOf(tensor: TensorProto): DenseTensor {
  const dtype = tensor.dataType ?? 0;
  const shape = (tensor.dims ?? []).map(toNumber);
  if (dtype === DataType.STRING) return { dtype, shape, data: (tensor.stringData ?? []).map(textOf) };
  if (tensor.rawData !== undefined && tensor.rawData.length > 0) return decodeElements(dtype, shape, tensor.rawData);
  return { dtype, shape, data: typedData(dtype, elementCount(shape), tensor) };
}

function typedData(dtype: number, count: number, tensor: TensorProto): DenseData {
  const bigs = (values: readonly (number | { toString(): string })[] = []) => values.map((v) => BigInt(v.toString()));
  switch (dtype) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return Float32Array.from(tensor.floatData ?? []);
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return Float64Array.from(tensor.doubleData ?? []);
    case DataType.INT64:
      return BigInt64Array.from(bigs(tensor.int64Data));
    case DataType.UINT64:
      return BigUint64Array.from(bigs(tensor.uint64Data));
    case DataType.UINT32:
      return Uint32Array.from(bigs(tensor.uint64Data), Number);
    case DataType.INT32:
      return Int32Array.from(tensor.int32Data ?? []);
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
    case DataType.INT16:
    case DataType.UINT16:
      return decodeElements(dtype, [count], new Uint8Array(Uint16Array.from(tensor.int32Data ?? []).buffer)).data;
    default: // one element, or a byte of packed elements, in each int32
      return decodeElements(dtype, [count], Uint8Array.from(tensor.int32Data ?? [])).data;
  }
}

export function tensorProtoOf(tensor: DenseTensor, name = ''): TensorProto {
  const { dtype, shape, data } = tensor;
  const head = { name, dims: [...shape], dataType: dtype };
  if (Array.isArray(data)) return { ...head, stringData: data.map((text) => new TextEncoder().encode(text)) };
  return { ...head, rawData: encodeElements(tensor) };
}
