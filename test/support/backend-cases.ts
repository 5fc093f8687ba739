import { fileURLToPath } from 'node:url';
import { decodeModel, decodeTensorFile, type ModelProto } from './onnx-proto.js';
import { readTarGz } from './tar.js';

/** One of ONNX's backend node tests. */
export interface BackendCase {
  readonly name: string;
  /** Operators in the main graph, `domain.Name` outside ai.onnx. */
  readonly ops: readonly string[];
  readonly rtol: number;
  readonly atol: number;
  readonly model: () => ModelProto;
  /** File contents by name (`input_0.pb`), one map a data set. */
  readonly dataSets: readonly ReadonlyMap<string, Uint8Array>[];
  /** Are all inputs and outputs tensors (no sequence, no optional)? */
  readonly tensorsOnly: boolean;
}

interface IndexEntry {
  readonly name: string;
  readonly ops: readonly string[];
  readonly data_sets: number;
  readonly rtol: number;
  readonly atol: number;
}

const ARCHIVE = fileURLToPath(new URL('../data/backend-node-tests.tar.gz', import.meta.url));

/** All backend node tests of onnx. */
export function backendCases(): BackendCase[] {
  const files = readTarGz(ARCHIVE);
  const root = 'backend-node-tests';
  const sets = new Map<string, Map<string, Uint8Array>>();
  for (const [path, bytes] of files) {
    const [, folder, set, file] = path.split('/');
    if (file === undefined) continue;
    const key = `${folder}/${set}`;
    const known = sets.get(key) ?? new Map<string, Uint8Array>();
    known.set(file, bytes);
    sets.set(key, known);
  }
  const index = JSON.parse(new TextDecoder().decode(files.get(`${root}/index.json`))) as {
    readonly cases: readonly IndexEntry[];
    readonly non_tensor_pb: Readonly<Record<string, string>>;
  };
  const nonTensor = new Set(Object.keys(index.non_tensor_pb).map((path) => path.split('/')[0]));
  return index.cases.map(({ name, ops, data_sets, rtol, atol }) => ({
    name,
    ops,
    rtol,
    atol,
    model: () => decodeModel(files.get(`${root}/${name}/model.onnx`) as Uint8Array),
    dataSets: Array.from({ length: data_sets }, (_, i) => sets.get(`${name}/test_data_set_${i}`) ?? new Map()),
    tensorsOnly: !nonTensor.has(name),
  }));
}

/** The tensors of a data set. */
export function tensorsOf(set: ReadonlyMap<string, Uint8Array>, prefix: 'input' | 'output') {
  const result = [];
  for (let i = 0; set.has(`${prefix}_${i}.pb`); i++) {
    result.push(decodeTensorFile(set.get(`${prefix}_${i}.pb`) as Uint8Array));
  }
  return result;
}
