import type { Sizes } from './inputs.js';
import { Runtime, type Session } from './runtime.js';
import { attempt, Refusal, runSomehow } from './trial.js';

/** A run of a model at one choice of sizes. */
export interface SizeRun {
  readonly sizes: Sizes;
  readonly ok: boolean;
  /** Shapes of the outputs; empty when it failed. */
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** What onnxruntime said. */
  readonly message?: string;
}

/** Options of {@link runSizes}. */
export interface RunSizesOptions {
  /** Graph optimisations of onnxruntime; default on, as applications run the model. */
  readonly optimize?: boolean;
  /** A runtime to use; default: one that is started and ended here. */
  readonly runtime?: Runtime;
}

/**
 * Runs a model at several sizes on made-up inputs.
 *
 * @param model - path of the model
 * @param sizes - each a number for some or all symbols; the others are guessed
 * @returns one entry a size, in order
 * @throws RuntimeUnavailableError when onnxruntime-node is not installed
 */
export async function runSizes(
  model: string,
  sizes: readonly Sizes[],
  options: RunSizesOptions = {},
): Promise<SizeRun[]> {
  const runtime = options.runtime ?? new Runtime();
  try {
    const session = await attempt(() => runtime.open(model, { optimize: options.optimize ?? true }));
    if (session instanceof Refusal) {
      return sizes.map((given) => ({ sizes: given, ok: false, outputs: [], message: session.message }));
    }
    const runs: SizeRun[] = [];
    for (const given of sizes) runs.push(await runAtSize(session, given));
    if (options.runtime) await session.close();
    return runs;
  } finally {
    if (options.runtime === undefined) await runtime.close();
  }
}

/** Runs a loaded model at one choice of sizes. */
export async function runAtSize(session: Session, given: Sizes): Promise<SizeRun> {
  const run = await runSomehow(session, session.inputs, given);
  if (run instanceof Refusal) return { sizes: given, ok: false, outputs: [], message: run.message };
  const outputs = [...run.outputs].map(([name, { shape }]) => ({ name, shape }));
  return { sizes: run.sizes, ok: true, outputs };
}
