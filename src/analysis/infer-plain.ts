import type { Model } from '../model/model.js';
import { Constants } from './constants.js';
import { type Inference, type InferOptions, infer } from './infer.js';
import { Untouched } from './untouched.js';

const untouched = new Untouched<Inference>();

/**
 * The inference of a model as it is, baked numbers being plain numbers. It is shared by those who ask before anything was
 * modified.
 *
 * @param inputShapes - sizes that take the place of those that inputs declare, by input name
 * @param constants - folded constants of the model, to go on with where it has to be inferred
 */
export function inferPlain(
  model: Model,
  inputShapes: InferOptions['inputShapes'],
  constants: Constants = new Constants(),
): Inference {
  const options = { constants, ...(inputShapes ? { inputShapes } : {}) };
  return untouched.ask(model, JSON.stringify(inputShapes ?? {}), () => infer(model, options));
}
