import { castTensor } from '../ops/lib/convert.js';
import type { DenseTensor } from '../tensor/dense.js';
import { isFloat } from '../tensor/dtype.js';
import { type InputValues, type Sizes, sizesFixedBetween } from './inputs.js';
import type { Runtime, Session } from './runtime.js';
import { attempt, feedsOf, Refusal, runSomehow, type Tensors } from './trial.js';

/** How a model compares with the same one in higher precision. */
export interface PrecisionComparison {
  /**
   * `close`: no output is further off than 16 bits explain; `far`: one is; `failed`: the model does not load or run;
   * `not-compared`: the more precise one does not, or the outputs are random.
   */
  readonly verdict: 'close' | 'far' | 'failed' | 'not-compared';
  readonly sizes: Sizes;
  /** Largest difference, as a part of the largest number of the output; Infinity where one is not finite. */
  readonly error: number;
  readonly message?: string;
}

/** Of the largest number of an output: some dozens of roundings to 11 bits, as deep networks have them. */
const FAR = 0.05;

/**
 * Compares a model with one that computes the same in float, where there is no other model that is right.
 *
 * @param reference - path of the model in float; undefined: the candidate is only run
 * @param candidate - path of the model to judge
 */
export async function comparePrecision(
  reference: string | undefined,
  candidate: string,
  { runtime, sizes = {}, values = {} }: { runtime: Runtime; sizes?: Sizes; values?: InputValues },
): Promise<PrecisionComparison> {
  const sessions: Session[] = [];
  const open = (path: string) =>
    attempt(async () => {
      const session = await runtime.open(path);
      sessions.push(session);
      return session;
    });
  const none = { sizes, error: 0 };
  try {
    const judged = await open(candidate);
    if (judged instanceof Refusal) return { ...none, verdict: 'failed', message: `does not load: ${judged.message}` };
    const right = reference === undefined ? undefined : await open(reference);
    const fixed = right instanceof Refusal || right === undefined ? {} : sizesFixedBetween(right.inputs, judged.inputs);
    const run = await runSomehow(judged, judged.inputs, { ...sizes, ...fixed }, values);
    if (run instanceof Refusal) return { ...none, verdict: 'failed', message: `does not run: ${run.message}` };
    const ran = { sizes: run.sizes, error: 0 };
    if (right === undefined)
      return { ...ran, verdict: 'not-compared', message: 'there is no model to compare it with' };
    if (right instanceof Refusal) return { ...ran, verdict: 'not-compared', message: right.message };
    const expected = await attempt(() => right.run(feedsOf(right, convertedFor(right, run.inputs))));
    if (expected instanceof Refusal) return { ...ran, verdict: 'not-compared', message: expected.message };
    const error = largestError(run.outputs, expected);
    if (error <= FAR) return { ...ran, error, verdict: 'close' };
    const again = await attempt(() => judged.run(feedsOf(judged, run.inputs)));
    if (!(again instanceof Refusal) && largestError(again, run.outputs) > 0) {
      return { ...ran, error, verdict: 'not-compared', message: 'it gives other values at every run' };
    }
    return { ...ran, error, verdict: 'far' };
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

function convertedFor({ inputs }: Session, tensors: Tensors): Map<string, DenseTensor> {
  const converted = new Map(tensors);
  for (const { name, dtype } of inputs) {
    const tensor = tensors.get(name);
    if (tensor !== undefined && dtype !== undefined) converted.set(name, castTensor(tensor, dtype));
  }
  return converted;
}

function largestError(actual: Tensors, expected: Tensors): number {
  let largest = 0;
  for (const [name, right] of expected) {
    const tensor = actual.get(name);
    if (tensor === undefined || tensor.data.length !== right.data.length) return Number.POSITIVE_INFINITY;
    if (isFloat(right.dtype)) largest = Math.max(largest, relativeError(tensor, right));
  }
  return largest;
}

function relativeError({ data }: DenseTensor, { data: right }: DenseTensor): number {
  let scale = Number.MIN_VALUE;
  for (const number of right) if (Number.isFinite(number)) scale = Math.max(scale, Math.abs(Number(number)));
  let worst = 0;
  for (let i = 0; i < right.length; i++) {
    if (Object.is(data[i], right[i])) continue;
    const distance = Math.abs(Number(data[i]) - Number(right[i]));
    // What is beyond 16 bits may become infinite.
    const isBoth = !Number.isFinite(Number(right[i])) && !Number.isFinite(Number(data[i]));
    if (!isBoth) worst = Math.max(worst, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance / scale);
  }
  return worst;
}
