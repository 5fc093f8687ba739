import type { DenseTensor } from '../tensor/dense.js';
import { compareTensors, type TensorDifference, type Tolerance } from './compare.js';
import { type InputValues, type Sizes, sizesFixedBetween } from './inputs.js';
import { type Port, Runtime, type Session } from './runtime.js';
import { attempt, feedsOf, Refusal, runSomehow, type Tensors } from './trial.js';

/** Options of {@link compareModels}. */
export interface CompareOptions extends Tolerance {
  /** Graph optimisations of onnxruntime; default off, which makes a comparison bit for bit meaningful. */
  readonly optimize?: boolean;
  /** A runtime to use; default: one that is started and ended here. */
  readonly runtime?: Runtime;
  /** What integer inputs hold, by name, where they have as many elements; the others are made up. */
  readonly values?: InputValues;
}

/** One output of two models. */
export interface OutputComparison extends TensorDifference {
  readonly name: string;
}

/** How a candidate compares with the original. */
export interface ModelComparison {
  /**
   * `identical`: the same bits; `close`: within tolerance; `different`: neither; `failed`: the candidate does not load or
   * run where the original does; `not-compared`: the original does not, or gives other values each time.
   */
  readonly verdict: 'identical' | 'close' | 'different' | 'failed' | 'not-compared';
  /** The sizes it was run at. */
  readonly sizes: Sizes;
  readonly outputs: readonly OutputComparison[];
  /** Why it failed or could not be compared. */
  readonly message?: string;
  /** False where the original does not load, but the candidate does. */
  readonly originalLoads?: boolean;
  /** Was it not compared because onnxruntime does not load the original? */
  readonly isUnloadable?: true;
}

/**
 * Runs two models on the same made-up inputs and compares what comes out.
 *
 * Inputs are matched by name; one that only the candidate has (a lengths input that was added back) is made up too. When
 * the original does not run at a size or with the integers chosen, others are tried before giving up.
 *
 * @param original - path of the model that is right
 * @param candidate - path of the model to judge
 * @throws RuntimeUnavailableError when onnxruntime-node is not installed
 */
export async function compareModels(
  original: string,
  candidate: string,
  options: CompareOptions & { readonly sizes?: Sizes } = {},
): Promise<ModelComparison> {
  const [comparison] = await compareModelsAt(original, candidate, [options.sizes ?? {}], options);
  return comparison as ModelComparison;
}

/**
 * {@link compareModels} at several sizes, each model loaded once.
 *
 * @param sizes - each a number for some or all symbols; the others are guessed
 * @returns one comparison a size, in order
 */
export async function compareModelsAt(
  original: string,
  candidate: string,
  sizes: readonly Sizes[],
  options: CompareOptions = {},
): Promise<ModelComparison[]> {
  const runtime = options.runtime ?? new Runtime();
  const sessions: Session[] = [];
  const open = (path: string) =>
    attempt(async () => {
      const session = await runtime.open(path, { optimize: options.optimize ?? false });
      sessions.push(session);
      return session;
    });
  try {
    const right = await open(original);
    const judged = await open(candidate);
    const comparisons: ModelComparison[] = [];
    for (const given of sizes) {
      const unloaded = loadFailure(right, judged, given);
      comparisons.push(unloaded ?? (await compareSessions(right as Session, judged as Session, given, options)));
    }
    return comparisons;
  } finally {
    if (options.runtime === undefined) await runtime.close();
    else await Promise.all(sessions.map((session) => session.close()));
  }
}

function loadFailure(right: Session | Refusal, judged: Session | Refusal, sizes: Sizes): ModelComparison | undefined {
  const none = { sizes, outputs: [] };
  if (right instanceof Refusal) {
    const neither = judged instanceof Refusal;
    const message = `${neither ? 'neither model loads' : 'the original does not load'}: ${right.message}`;
    return {
      ...none,
      verdict: 'not-compared',
      message,
      isUnloadable: true,
      ...(neither ? {} : { originalLoads: false }),
    };
  }
  if (judged instanceof Refusal) return { ...none, verdict: 'failed', message: `does not load: ${judged.message}` };
  return undefined;
}

export async function compareSessions(
  right: Session,
  judged: Session,
  requested: Sizes,
  options: CompareOptions,
): Promise<ModelComparison> {
  const ports = mergePorts(right.inputs, judged.inputs, requested);
  const given = { ...requested, ...sizesFixedBetween(right.inputs, judged.inputs) };
  const run = await runSomehow(right, ports, given, options.values);
  if (run instanceof Refusal) {
    const message = `the original does not run: ${run.message}`;
    return { verdict: 'not-compared', sizes: given, outputs: [], message };
  }
  const { sizes, inputs, outputs: expected } = run;
  const actual = await attempt(() => judged.run(feedsOf(judged, inputs)));
  if (actual instanceof Refusal) {
    return { verdict: 'failed', sizes, outputs: [], message: `does not run: ${actual.message}` };
  }
  const outputs = [...expected].map(([name, tensor]) => compareOutput(name, actual.get(name), tensor, options));
  if (outputs.every(({ identical }) => identical)) return { verdict: 'identical', sizes, outputs };
  if (await isRandom(right, inputs, expected)) {
    return { verdict: 'not-compared', sizes, outputs, message: 'the original gives other values at every run' };
  }
  return { verdict: outputs.every(({ close }) => close) ? 'close' : 'different', sizes, outputs };
}

/** Compares one output; it may be missing. */
export function compareOutput(
  name: string,
  actual: DenseTensor | undefined,
  expected: DenseTensor,
  tolerance: Tolerance,
): OutputComparison {
  if (actual !== undefined) return { name, ...compareTensors(actual, expected, tolerance) };
  const total = expected.data.length;
  const maxAbsDiff = Number.POSITIVE_INFINITY;
  return { name, identical: false, close: false, differing: total, total, maxAbsDiff, mismatch: 'output is gone' };
}

async function isRandom(session: Session, inputs: Tensors, expected: Tensors): Promise<boolean> {
  const again = await attempt(() => session.run(feedsOf(session, inputs)));
  if (again instanceof Refusal) return false;
  return [...expected].some(([name, tensor]) => !compareOutput(name, again.get(name), tensor, {}).identical);
}

/** The inputs of both models, each once; a number on either side beats a symbol, and a symbol with a size one without. */
function mergePorts(original: readonly Port[], candidate: readonly Port[], sizes: Sizes): Port[] {
  const merged = candidate.map((port) => {
    const twin = original.find(({ name }) => name === port.name);
    if (twin === undefined || twin.shape.length !== port.shape.length) return port;
    const shape = port.shape.map((dim, axis) => {
      const other = twin.shape[axis];
      if (typeof dim === 'number' || other === undefined) return dim;
      return typeof other === 'number' || (other in sizes && !(dim !== undefined && dim in sizes)) ? other : dim;
    });
    return { ...port, shape };
  });
  const names = new Set(merged.map(({ name }) => name));
  return [...merged, ...original.filter(({ name }) => !names.has(name))];
}
