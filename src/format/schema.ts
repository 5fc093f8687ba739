/**
 * Field numbers of ONNX's protobuf messages (`onnx.proto`, up to onnx 1.23), and which fields hold messages. The full
 * description is in `data/onnx-proto.descriptor.json`; a test holds the two together.
 */

/** Fields of ModelProto. */
export const ModelField = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  domain: 4,
  modelVersion: 5,
  docString: 6,
  graph: 7,
  opsetImport: 8,
  metadataProps: 14,
  trainingInfo: 20,
  functions: 25,
  configuration: 26,
} as const;

/** Fields of GraphProto. */
export const GraphField = {
  node: 1,
  name: 2,
  initializer: 5,
  docString: 10,
  input: 11,
  output: 12,
  valueInfo: 13,
  quantizationAnnotation: 14,
  sparseInitializer: 15,
  metadataProps: 16,
} as const;

/** Fields of NodeProto. */
export const NodeField = {
  input: 1,
  output: 2,
  name: 3,
  opType: 4,
  attribute: 5,
  docString: 6,
  domain: 7,
  overload: 8,
  metadataProps: 9,
  deviceConfigurations: 10,
} as const;

/** Fields of AttributeProto. */
export const AttributeField = {
  name: 1,
  f: 2,
  i: 3,
  s: 4,
  t: 5,
  g: 6,
  floats: 7,
  ints: 8,
  strings: 9,
  tensors: 10,
  graphs: 11,
  docString: 13,
  tp: 14,
  typeProtos: 15,
  type: 20,
  refAttrName: 21,
  sparseTensor: 22,
  sparseTensors: 23,
} as const;

/** Fields of ValueInfoProto. */
export const ValueInfoField = { name: 1, type: 2, docString: 3, metadataProps: 4 } as const;

/** Fields of TensorProto. */
export const TensorField = {
  dims: 1,
  dataType: 2,
  segment: 3,
  floatData: 4,
  int32Data: 5,
  stringData: 6,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
  docString: 12,
  externalData: 13,
  dataLocation: 14,
  metadataProps: 16,
} as const;

/** Fields of SparseTensorProto. */
export const SparseTensorField = { values: 1, indices: 2, dims: 3 } as const;

/** Fields of FunctionProto. */
export const FunctionField = {
  name: 1,
  input: 4,
  output: 5,
  attribute: 6,
  node: 7,
  docString: 8,
  opsetImport: 9,
  domain: 10,
  attributeProto: 11,
  valueInfo: 12,
  overload: 13,
  metadataProps: 14,
} as const;

/** Fields of OperatorSetIdProto. */
export const OperatorSetField = { domain: 1, version: 2 } as const;

/** Fields of StringStringEntryProto. */
export const EntryField = { key: 1, value: 2 } as const;

/** Fields of TypeProto. */
export const TypeField = {
  tensorType: 1,
  sequenceType: 4,
  mapType: 5,
  denotation: 6,
  opaqueType: 7,
  sparseTensorType: 8,
  optionalType: 9,
} as const;

/** Fields of TensorAnnotation. */
export const AnnotationField = { tensorName: 1, quantParameterTensorNames: 2 } as const;

/** Fields of TypeProto's cases, TensorShapeProto and Dimension. */
export const TypeCaseField = { elemType: 1, shape: 2, keyType: 1, valueType: 2, domain: 1, name: 2 } as const;
export const ShapeField = { dim: 1 } as const;
export const DimensionField = { dimValue: 1, dimParam: 2, denotation: 3 } as const;

/** What a message looks like to a reader that only follows its structure. */
export interface MessageSchema {
  readonly name: string;
  /** Every field number of the message; what is not in it is an unknown field. */
  readonly known: ReadonlySet<number>;
  /** The fields that hold messages themselves. */
  readonly messages: ReadonlyMap<number, MessageSchema>;
}

type Layout = readonly [numbers: readonly number[], messages: Readonly<Record<number, string>>];

const LAYOUTS: Readonly<Record<string, Layout>> = {
  AttributeProto: [
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 23],
    {
      5: 'TensorProto',
      6: 'GraphProto',
      10: 'TensorProto',
      11: 'GraphProto',
      14: 'TypeProto',
      15: 'TypeProto',
      22: 'SparseTensorProto',
      23: 'SparseTensorProto',
    },
  ],
  ValueInfoProto: [[1, 2, 3, 4], { 2: 'TypeProto', 4: 'StringStringEntryProto' }],
  NodeProto: [
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    { 5: 'AttributeProto', 9: 'StringStringEntryProto', 10: 'NodeDeviceConfigurationProto' },
  ],
  IntIntListEntryProto: [[1, 2], {}],
  NodeDeviceConfigurationProto: [[1, 2, 3], { 2: 'ShardingSpecProto' }],
  ShardingSpecProto: [[1, 2, 3, 4], { 3: 'IntIntListEntryProto', 4: 'ShardedDimProto' }],
  ShardedDimProto: [[1, 2], { 2: 'SimpleShardedDimProto' }],
  SimpleShardedDimProto: [[1, 2, 3], {}],
  TrainingInfoProto: [
    [1, 2, 3, 4],
    { 1: 'GraphProto', 2: 'GraphProto', 3: 'StringStringEntryProto', 4: 'StringStringEntryProto' },
  ],
  ModelProto: [
    [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26],
    {
      7: 'GraphProto',
      8: 'OperatorSetIdProto',
      14: 'StringStringEntryProto',
      20: 'TrainingInfoProto',
      25: 'FunctionProto',
      26: 'DeviceConfigurationProto',
    },
  ],
  DeviceConfigurationProto: [[1, 2, 3], {}],
  StringStringEntryProto: [[1, 2], {}],
  TensorAnnotation: [[1, 2], { 2: 'StringStringEntryProto' }],
  GraphProto: [
    [1, 2, 5, 10, 11, 12, 13, 14, 15, 16],
    {
      1: 'NodeProto',
      5: 'TensorProto',
      11: 'ValueInfoProto',
      12: 'ValueInfoProto',
      13: 'ValueInfoProto',
      14: 'TensorAnnotation',
      15: 'SparseTensorProto',
      16: 'StringStringEntryProto',
    },
  ],
  TensorProto: [
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16],
    { 3: 'TensorProto.Segment', 13: 'StringStringEntryProto', 16: 'StringStringEntryProto' },
  ],
  'TensorProto.Segment': [[1, 2], {}],
  SparseTensorProto: [[1, 2, 3], { 1: 'TensorProto', 2: 'TensorProto' }],
  TensorShapeProto: [[1], { 1: 'TensorShapeProto.Dimension' }],
  'TensorShapeProto.Dimension': [[1, 2, 3], {}],
  TypeProto: [
    [1, 4, 5, 6, 7, 8, 9],
    {
      1: 'TypeProto.Tensor',
      4: 'TypeProto.Sequence',
      5: 'TypeProto.Map',
      7: 'TypeProto.Opaque',
      8: 'TypeProto.SparseTensor',
      9: 'TypeProto.Optional',
    },
  ],
  'TypeProto.Tensor': [[1, 2], { 2: 'TensorShapeProto' }],
  'TypeProto.Sequence': [[1], { 1: 'TypeProto' }],
  'TypeProto.Map': [[1, 2], { 2: 'TypeProto' }],
  'TypeProto.Optional': [[1], { 1: 'TypeProto' }],
  'TypeProto.SparseTensor': [[1, 2], { 2: 'TensorShapeProto' }],
  'TypeProto.Opaque': [[1, 2], {}],
  OperatorSetIdProto: [[1, 2], {}],
  FunctionProto: [
    [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    {
      7: 'NodeProto',
      9: 'OperatorSetIdProto',
      11: 'AttributeProto',
      12: 'ValueInfoProto',
      14: 'StringStringEntryProto',
    },
  ],
};

const SCHEMAS = new Map<string, { name: string; known: Set<number>; messages: Map<number, MessageSchema> }>();
for (const [name, [numbers]] of Object.entries(LAYOUTS)) {
  SCHEMAS.set(name, { name, known: new Set(numbers), messages: new Map() });
}
for (const [name, [, messages]] of Object.entries(LAYOUTS)) {
  for (const [number, type] of Object.entries(messages)) {
    SCHEMAS.get(name)?.messages.set(Number(number), messageSchema(type));
  }
}

/** The schema of a message by its name in onnx.proto: 'NodeProto', 'TypeProto.Tensor'. */
export function messageSchema(name: string): MessageSchema {
  const schema = SCHEMAS.get(name);
  if (schema === undefined) throw new RangeError(`onnx.proto has no message ${name}`);
  return schema;
}
