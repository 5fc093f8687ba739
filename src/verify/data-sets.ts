/** Golden data in the layout of ONNX's backend tests: `test_data_set_<k>/{input,output}_<i>.pb`. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FormatError } from '../format/format-error.js';
import { MemorySource } from '../format/memory-source.js';
import { messageSchema } from '../format/schema.js';
import { Skeleton } from '../format/skeleton.js';
import { validate } from '../format/validate.js';
import { Tensor } from '../model/tensor.js';
import type { DenseTensor } from '../tensor/dense.js';
import type { Tolerance } from './compare.js';
import { compareOutput, type OutputComparison } from './compare-models.js';
import { type Port, Runtime, type Session } from './runtime.js';
import { attempt, Refusal } from './trial.js';

/** A tensor of a data set; its name is '' where the file gives none, which means: by position. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: DenseTensor;
}

/** Inputs, and the outputs that are right for them. */
export interface DataSet {
  /** Name of its folder. */
  readonly name: string;
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
}

/** How a model does on a data set. */
export interface DataSetResult {
  readonly name: string;
  readonly ok: boolean;
  /** Empty when the model did not run. */
  readonly outputs: readonly OutputComparison[];
  readonly message?: string;
}

/**
 * Reads every data set below a folder, in order of their numbers; the folder may be a data set itself.
 *
 * @throws FormatError when the folder holds none, or a file is not a `TensorProto`
 */
export async function readDataSets(folder: string): Promise<DataSet[]> {
  const entries = await readdir(folder);
  if (entries.includes('input_0.pb') || entries.includes('output_0.pb')) return [await readDataSet(folder)];
  const names = entries.filter((name) => /^test_data_set_\d+$/.test(name)).sort((a, b) => indexOf(a) - indexOf(b));
  if (names.length === 0) throw new FormatError(folder, 'holds no test_data_set_* folders');
  return Promise.all(names.map((name) => readDataSet(join(folder, name))));
}

/**
 * Runs a model on golden data and compares its outputs with the ones that are right.
 *
 * @param model - path of the model
 * @param sets - see {@link readDataSets}
 * @throws RuntimeUnavailableError when onnxruntime-node is not installed
 */
export async function runDataSets(
  model: string,
  sets: readonly DataSet[],
  options: Tolerance & { readonly runtime?: Runtime } = {},
): Promise<DataSetResult[]> {
  const runtime = options.runtime ?? new Runtime();
  try {
    const session = await attempt(() => runtime.open(model));
    if (session instanceof Refusal) {
      return sets.map(({ name }) => ({ name, ok: false, outputs: [], message: `does not load: ${session.message}` }));
    }
    const results: DataSetResult[] = [];
    for (const set of sets) results.push(await runDataSet(session, set, options));
    if (options.runtime) await session.close();
    return results;
  } finally {
    if (options.runtime === undefined) await runtime.close();
  }
}

async function runDataSet(session: Session, set: DataSet, tolerance: Tolerance): Promise<DataSetResult> {
  const { name } = set;
  const feeds = byName(set.inputs, session.inputs);
  const run = await attempt(() => session.run(feeds));
  if (run instanceof Refusal) return { name, ok: false, outputs: [], message: run.message };
  const outputs = [...byName(set.outputs, session.outputs, true)].map(([output, tensor]) =>
    compareOutput(output, run.get(output), tensor, tolerance),
  );
  return { name, ok: outputs.every(({ close }) => close), outputs };
}

/** Tensors by the name of the port that they belong to. Without `all`, those that the model has no port for are left. */
function byName(tensors: readonly NamedTensor[], ports: readonly Port[], all = false): Map<string, DenseTensor> {
  const known = new Set(ports.map(({ name }) => name));
  const named = tensors.map(({ name, tensor }, i) => [name || (ports[i]?.name ?? `output ${i}`), tensor] as const);
  return new Map(named.filter(([name]) => all || known.has(name)));
}

async function readDataSet(folder: string): Promise<DataSet> {
  const files = await readdir(folder);
  const read = (kind: string) =>
    Promise.all(
      files
        .filter((file) => file.startsWith(`${kind}_`) && /_\d+\.pb$/.test(file))
        .sort((a, b) => indexOf(a) - indexOf(b))
        .map((file) => readTensorFile(join(folder, file))),
    );
  const [inputs, outputs] = await Promise.all([read('input'), read('output')]);
  return { name: basename(folder), inputs, outputs };
}

/** Reads a file that holds one serialised `TensorProto`. @throws FormatError when it does not */
export async function readTensorFile(path: string): Promise<NamedTensor> {
  const bytes = await readFile(path);
  const skeleton = new Skeleton(new MemorySource(bytes, path), bytes);
  validate(skeleton, messageSchema('TensorProto'));
  const tensor = Tensor._read({ skeleton, number: 0, fieldStart: 0, start: 0, end: bytes.length });
  return { name: tensor.name, tensor: tensor.dense() };
}

/** The number in `input_3.pb` or `test_data_set_3`. */
function indexOf(name: string): number {
  return Number(/_(\d+)(?:\.pb)?$/.exec(name)?.[1]);
}
