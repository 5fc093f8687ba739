/** Runs that may be refused: onnxruntime's errors as values, and the search for inputs that a model accepts. */
import type { DenseTensor } from '../tensor/dense.js';
import { type Choice, choices } from './choices.js';
import { RuntimeCrash, RuntimeFailure, shortMessage } from './errors.js';
import { type InputValues, makeInputs, type Sizes } from './inputs.js';
import type { Port, Session } from './runtime.js';

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, DenseTensor>;

/** What onnxruntime said against something. */
export class Refusal {
  constructor(readonly message: string) {}
}

/** A run that worked: what was fed and what came out. */
export interface SuccessfulRun extends Choice {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** Gives what onnxruntime says against an action instead of throwing it; errors of other kinds are thrown. */
export async function attempt<T>(action: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof RuntimeFailure || error instanceof RuntimeCrash) return new Refusal(shortMessage(error));
    throw error;
  }
}

/** Those of the tensors that the model has inputs for. */
export function feedsOf({ inputs }: Session, tensors: Tensors): Map<string, DenseTensor> {
  const names = new Set(inputs.map(({ name }) => name));
  return new Map([...tensors].filter(([name]) => names.has(name)));
}

/** No further choice is tried after this many milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Runs a model with the first of the {@link choices} that it accepts.
 *
 * @param ports - the inputs to make: the model's own, or more
 * @param given - sizes that are known
 * @param values - what integer inputs hold, where it is known
 * @returns the run, or what speaks against the most plausible choice
 */
export async function runSomehow(
  session: Session,
  ports: readonly Port[],
  given: Sizes,
  values: InputValues = {},
): Promise<SuccessfulRun | Refusal> {
  let first: Refusal | undefined;
  const deadline = performance.now() + PATIENCE_MS;
  for (const { sizes, integers } of choices(ports, given)) {
    const run = await attempt(async () => {
      const inputs = makeInputs(ports, sizes, integers, values);
      return { sizes, integers, inputs, outputs: await session.run(feedsOf(session, inputs)) };
    });
    if (!(run instanceof Refusal)) return run;
    first ??= run;
    if (performance.now() > deadline) break;
  }
  return first as Refusal;
}
