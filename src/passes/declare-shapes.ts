/**
 * declare-shapes: the sizes that the caller says are free become so in what the model declares.
 *
 * Before: the exporter wrote the example's sizes into inputs, outputs and value_info.
 *
 *     input x float[2, 20, 32] ── ... ── output y float[2, 20, 32]
 *
 * After `--input-shape x:batch,time,32`: declarations follow the input, and what inference cannot tell is left open.
 *
 *     input x float[batch, time, 32] ── ... ── output y float[batch, time, 32]
 */
import { infer } from '../analysis/infer.js';
import type { DeclaredDim, TensorTypeInfo } from '../model/type-info.js';
import type { Value } from '../model/value.js';
import type { Shape } from '../ops/types.js';
import type { Edit, Pass } from './pass.js';
import type { RepairOptions } from './repair-session.js';

/** Options of {@link declareShapes}. */
export type DeclareShapesOptions = Pick<RepairOptions, 'inputShapes'>;

/** Declares the given shapes of graph inputs, and makes every other declaration agree with them. */
export function declareShapes({ inputShapes = {} }: DeclareShapesOptions = {}): Pass {
  return {
    name: 'declare-shapes',
    async run(model) {
      const edits: Edit[] = [];
      const sizes: Record<string, number> = {};
      const declare = (value: Value, type: TensorTypeInfo, shape: readonly DeclaredDim[]) => {
        if (type.shape && sameDims(type.shape, shape)) return;
        model.graph.setValueInfo(value, { ...type, shape: [...shape] });
        const [before, after] = [dimsText(type.shape), dimsText(shape)];
        edits.push({ what: 'declared shape', where: value.name, before, after });
      };
      for (const value of model.graph.inputs) {
        const shape = inputShapes[value.name];
        const type = value.declared;
        if (shape === undefined || type?.kind !== 'tensor') continue;
        shape.forEach((dim, axis) => {
          const traced = type.shape?.[axis];
          if (typeof dim === 'string' && typeof traced === 'number') sizes[dim] = traced;
        });
        declare(value, type, shape);
      }
      if (edits.length > 0) {
        const inference = infer(model);
        const outputs = new Set(model.graph.outputs);
        for (const node of model.graph.nodes) {
          for (const value of node.outputs) {
            const type = value?.declared;
            if (value === undefined || type?.kind !== 'tensor' || type.shape === undefined) continue;
            const inferred = inference.shape(value);
            if (agrees(type.shape, inferred)) continue;
            if (outputs.has(value)) declare(value, type, declarable(inferred, type.shape));
            else model.graph.dropValueInfo(value);
          }
        }
      }
      return { pass: 'declare-shapes', changed: edits.length > 0, findings: [], edits, unresolved: [], sizes };
    },
  };
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
