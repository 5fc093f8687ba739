import type { Model } from '../model/model.js';
import { walkTensors } from '../model/tensor-walk.js';
import type { TypeInfo } from '../model/type-info.js';
import type { Value } from '../model/value.js';
import { dataTypeName } from '../tensor/dtype.js';
import { flag, texts } from './args.js';
import type { Args } from './command.js';
import { about, explainError } from './errors.js';
import { type ExitStatus, worstOf } from './exit.js';
import { constantLines, type IdentifiedConstant, inspectConstants } from './inspect-constants.js';
import { type InferredValue, inspectValues, valueLines } from './inspect-values.js';
import type { Io } from './io.js';
import { openModel } from './open-model.js';
import { jsonNumber } from './report.js';

/** An input or output of a model. */
export interface InspectedValue {
  readonly name: string;
  /** `float`, `seq(int64)` ...; null when the file does not say. */
  readonly type: string | null;
  /** A number, a symbol, or null for an axis of which nothing is said; null when the rank is not declared. */
  readonly dims: readonly (number | string | null)[] | null;
}

/** What `inspect` tells about a model. */
export interface Inspection {
  readonly path: string;
  /** Size of the file in bytes, without external data. */
  readonly byteLength: number;
  readonly irVersion: number;
  readonly producer: string;
  readonly domain: string;
  readonly modelVersion: string;
  readonly docString: string;
  /** Version of each operator set, by domain; '' is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
  /** Initializers and tensors in attributes, of all graphs: how many, and the bytes of their elements. */
  readonly constants: { readonly count: number; readonly byteLength: number };
  /** Nodes of all graphs, functions' bodies included. */
  readonly nodeCount: number;
  /** Nodes by operator, most frequent first; operators of other domains carry it: `com.microsoft.Gelu`. */
  readonly operators: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Files beside the model that hold tensors. */
  readonly externalData: readonly string[];
  /** What inference knows of every value, where that is asked for. */
  readonly values?: readonly InferredValue[];
  /** Constants that follow a rule, and which one, where that is asked for. */
  readonly identified?: readonly IdentifiedConstant[];
}

/** Runs `inspect` on every model. */
export async function inspectModels(args: Args, io: Io): Promise<ExitStatus> {
  const inspections: Inspection[] = [];
  const statuses: ExitStatus[] = [];
  for (const path of texts(args, 'model')) {
    try {
      const model = await openModel(path);
      const inspection = {
        ...inspectModel(path, model),
        ...(flag(args, 'values') ? { values: await inspectValues(model) } : {}),
        ...(flag(args, 'constants') ? { identified: inspectConstants(model) } : {}),
      };
      model.close();
      inspections.push(inspection);
      if (!flag(args, 'json')) io.out(`${describe(inspection)}\n`);
    } catch (error) {
      const { status, message } = explainError(error, io);
      io.err(`onnx-surgeon: ${about(path, message)}\n`);
      statuses.push(status);
    }
  }
  if (flag(args, 'json')) io.out(`${JSON.stringify({ command: 'inspect', files: inspections }, jsonNumber, 2)}\n`);
  return worstOf(statuses);
}

/** Collects what {@link Inspection} lists. Reads no payload. */
export function inspectModel(path: string, model: Model): Inspection {
  const operators = new Map<string, number>();
  const constants = { count: 0, byteLength: 0 };
  const externalData = new Set<string>();
  for (const { tensor } of walkTensors(model)) {
    constants.count++;
    constants.byteLength += tensor.byteLength;
    if (tensor.external !== undefined) externalData.add(tensor.external.location);
  }
  let nodeCount = 0;
  for (const graph of model.graphs()) {
    for (const { domain, opType } of graph.nodes) {
      const operator = domain === '' ? opType : `${domain}.${opType}`;
      operators.set(operator, (operators.get(operator) ?? 0) + 1);
      nodeCount++;
    }
  }
  const byCount = [...operators].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return {
    path,
    byteLength: model.byteLength,
    irVersion: model.irVersion,
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    domain: model.domain,
    modelVersion: String(model.modelVersion),
    docString: model.docString,
    opsets: Object.fromEntries(model.opsetImports),
    inputs: model.graph.inputs.map(inspectValue),
    outputs: model.graph.outputs.map(inspectValue),
    constants,
    nodeCount,
    operators: Object.fromEntries(byCount),
    functions: model.functions.map(({ domain, name }) => (domain === '' ? name : `${domain}.${name}`)),
    metadata: Object.fromEntries(model.metadata),
    externalData: [...externalData],
  };
}

function inspectValue({ name, declared }: Value): InspectedValue {
  const isTensor = declared?.kind === 'tensor' || declared?.kind === 'sparse';
  const shape = isTensor ? declared.shape : undefined;
  return {
    name,
    type: declared === undefined ? null : typeName(declared),
    dims: shape?.map((dim) => dim ?? null) ?? null,
  };
}

function typeName(type: TypeInfo | undefined): string {
  switch (type?.kind) {
    case 'tensor':
      return dataTypeName(type.elemType);
    case 'sparse':
      return `sparse(${dataTypeName(type.elemType)})`;
    case 'sequence':
      return `seq(${typeName(type.elemType)})`;
    case 'optional':
      return `optional(${typeName(type.elemType)})`;
    case 'map':
      return `map(${dataTypeName(type.keyType)}, ${typeName(type.valueType)})`;
    case 'opaque':
      return `opaque(${type.domain}.${type.name})`;
    default:
      return '?';
  }
}

function describe(inspection: Inspection): string {
  const { opsets, constants, operators, metadata } = inspection;
  const rows: [string, string][] = [
    ['size', `${bytesText(inspection.byteLength)}, of which constants ${bytesText(constants.byteLength)}`],
    ['producer', inspection.producer || '(not said)'],
    [
      'opset',
      Object.entries(opsets)
        .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
        .join(', '),
    ],
    ['ir version', String(inspection.irVersion)],
    ...inspection.inputs.map((value): [string, string] => ['input', valueText(value)]),
    ...inspection.outputs.map((value): [string, string] => ['output', valueText(value)]),
    ['constants', String(constants.count)],
    ['nodes', String(inspection.nodeCount)],
    ...Object.entries(operators).map(([operator, count]): [string, string] => ['', `${count} ${operator}`]),
    ...inspection.functions.map((name): [string, string] => ['function', name]),
    ...inspection.externalData.map((file): [string, string] => ['data file', file]),
    ...Object.entries(metadata).map(([key, value]): [string, string] => ['metadata', `${key} = ${value}`]),
  ];
  if (inspection.docString !== '') rows.push(['doc', inspection.docString]);
  const lines = rows.map(([key, text]) => `  ${key.padEnd(11)}${text}`);
  return [
    inspection.path,
    ...lines,
    ...(inspection.values ?? []).flatMap(valueLines),
    ...constantLines(inspection.identified ?? []),
  ].join('\n');
}

function valueText({ name, type, dims }: InspectedValue): string {
  const shape = dims === null ? '[...]' : `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
  return `${name}: ${type ?? '?'}${shape}`;
}

/** `781.8 KiB`. */
function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return power === 0 ? `${bytes} B` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
