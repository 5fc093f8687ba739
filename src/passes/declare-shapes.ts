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
import type { Edit, Pass } from './pass.js';
import { declareShape, refreshDeclarations } from './refresh-declarations.js';
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
      for (const value of model.graph.inputs) {
        const shape = inputShapes[value.name];
        const type = value.declared;
        if (shape === undefined || type?.kind !== 'tensor') continue;
        shape.forEach((dim, axis) => {
          const traced = type.shape?.[axis];
          if (typeof dim === 'string' && typeof traced === 'number') sizes[dim] = traced;
        });
        edits.push(...declareShape(value, type, shape));
      }
      if (edits.length > 0) edits.push(...refreshDeclarations(model, infer(model), 'open'));
      return { pass: 'declare-shapes', changed: edits.length > 0, findings: [], edits, unresolved: [], sizes };
    },
  };
}
