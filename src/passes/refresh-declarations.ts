/** What a model declares of shapes has to keep up with repairs: runtimes optimise by what is declared. */
import { declaredDim } from '../analysis/declared.js';
import type { Inference } from '../analysis/infer.js';
import type { Model } from '../model/model.js';
import type { DeclaredDim, TensorTypeInfo } from '../model/type-info.js';
import type { Value } from '../model/value.js';
import type { Shape } from '../ops/types.js';
import type { Edit } from './pass.js';

/**
 * Makes the declarations of the main graph's values agree with what is inferred, where they say a number that the size
 * need not be. Outputs are declared anew; a stale value_info is dropped.
 *
 * @param unknown - what becomes of declared numbers of which inference knows nothing
 */
export function refreshDeclarations(model: Model, inference: Inference, unknown: 'keep' | 'open'): Edit[] {
  const edits: Edit[] = [];
  const outputs = new Set(model.graph.outputs);
  for (const node of model.graph.nodes) {
    for (const value of node.outputs) {
      const type = value?.declared;
      if (value === undefined || type?.kind !== 'tensor' || type.shape === undefined) continue;
      let inferred = inference.shape(value);
      if (unknown === 'keep') {
        if (inferred?.length !== type.shape.length) continue;
        inferred = inferred.map((dim, axis) => dim ?? declaredDim(type.shape?.[axis]));
      }
      if (agrees(type.shape, inferred)) continue;
      if (outputs.has(value)) edits.push(...declareShape(value, type, declarable(inferred, type.shape)));
      else model.graph.dropValueInfo(value);
    }
  }
  return edits;
}

/** Declares a value's shape, unless it is declared that way already. */
export function declareShape(value: Value, type: TensorTypeInfo, shape: readonly DeclaredDim[]): Edit[] {
  if (type.shape && sameDims(type.shape, shape)) return [];
  value.graph.setValueInfo(value, { ...type, shape: [...shape] });
  const [before, after] = [dimsText(type.shape), dimsText(shape)];
  return [{ what: 'declared shape', where: value.name, before, after }];
}

/** What is declared must not say less free a size than inference does. */
function agrees(declared: readonly DeclaredDim[], inferred: Shape | undefined): boolean {
  if (inferred === undefined || inferred.length !== declared.length) return false;
  return declared.every((dim, axis) => typeof dim !== 'number' || inferred[axis]?.equals(dim) === true);
}

/** The inferred sizes as far as `dim_param` can say them; the rank stays what it was where nothing is known. */
function declarable(inferred: Shape | undefined, declared: readonly DeclaredDim[]): DeclaredDim[] {
  if (inferred === undefined) return declared.map(() => undefined);
  return inferred.map((dim) => (dim === undefined || dim.hasFresh ? undefined : (dim.value ?? dim.toString())));
}

function sameDims(a: readonly DeclaredDim[], b: readonly DeclaredDim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

function dimsText(shape: readonly DeclaredDim[] | undefined): string {
  return shape === undefined ? 'any rank' : `[${shape.map((dim) => dim ?? '?').join(', ')}]`;
}
