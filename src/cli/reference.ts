/** The model that a result is compared with where the original does not load: the result itself, in float. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { save } from '../model/save.js';
import { walkTensors } from '../model/tensor-walk.js';
import { raisePrecision } from '../rewrite/types/raise-precision.js';
import { untilSignal } from './interrupt.js';
import { openModel } from './open-model.js';

/** Larger results are not written a second time. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Runs an action with a copy of a model that computes in float; not at all when the model does so itself.
 * @param action - is given the copy's path; undefined where the model is too large
 */
export async function withReference<T>(
  path: string,
  action: (reference: string | undefined) => Promise<T>,
): Promise<T | undefined> {
  if (statSync(path).size > MOST_BYTES) return action(undefined);
  const folder = mkdtempSync(join(tmpdir(), 'onnx-surgeon-'));
  const forget = untilSignal(folder);
  try {
    const model = await openModel(path);
    try {
      for (const { tensor } of walkTensors(model)) if (tensor.location === 'external') return await action(undefined);
      await raisePrecision(model);
      if (!model.isModified) return undefined;
      const reference = join(folder, 'reference.onnx');
      await save(model, reference);
      return await action(reference);
    } finally {
      model.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
    forget();
  }
}
