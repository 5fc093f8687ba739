import { createRequire } from 'node:module';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);
const root = protobuf.Root.fromJSON(require('../../src/format/data/onnx-proto.descriptor.json') as protobuf.INamespace);

/** A 64-bit integer as protobufjs takes it. */
type Int64 = number | string;

// The fields that tests edit; what is read from a file is passed through whole.
export interface DimensionProto {
  dimValue?: Int64;
  dimParam?: string;
}
export interface TypeProto {
  tensorType: { elemType: number; shape: { dim: DimensionProto[] } };
}
export interface ValueInfoProto {
  name: string;
  type: TypeProto;
}
export interface TensorProto {
  dims: Int64[];
  dataType: number;
  name?: string;
  rawData: Uint8Array;
}
export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  tp?: TypeProto;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
}
export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  docString?: string;
  attribute: AttributeProto[];
}
export interface EntryProto {
  key: string;
  value: string;
}
export interface OpsetProto {
  domain?: string;
  version: Int64;
}
export interface GraphProto {
  node: NodeProto[];
  name: string;
  docString?: string;
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
  initializer: TensorProto[];
  metadataProps: EntryProto[];
}
export interface ModelProto {
  irVersion: Int64;
  modelVersion: Int64;
  producerName: string;
  docString: string;
  opsetImport: OpsetProto[];
  metadataProps: EntryProto[];
  graph: GraphProto;
  functions: { node: NodeProto[]; opsetImport: OpsetProto[] }[];
}

/** Decodes a model, unknown fields included. */
export function decodeModelProto(bytes: Uint8Array): ModelProto {
  return root.lookupType('onnx.ModelProto').decode(bytes) as unknown as ModelProto;
}

/** Encodes a model, as Google's serialisers do. */
export function encodeModelProto(model: ModelProto): Uint8Array {
  return root.lookupType('onnx.ModelProto').encode(model).finish();
}
