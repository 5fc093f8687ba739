/** From what evidence states to what numbers of constants stand for. */
import type { Model } from '../../model/model.js';
import type { Dim } from '../../symbolic/dim.js';
import { operandsOf } from '../../symbolic/parts.js';
import type { Cell, Cells } from '../cells.js';
import type { Inference } from '../infer.js';
import { type Solution, solutionsOf } from '../solve.js';
import { type Equation, exactSizes, isExact, solveSizes } from '../traced-sizes.js';
import type { Claim, Evidence, Scene } from './evidence.js';
import { isFill, liveNodes, shapeOf } from './look.js';
import { TracedSizes } from './traced-sizes.js';

/** A claim, and the numbers that make it true. */
export interface SolvedClaim {
  readonly claim: Claim;
  readonly solution: Solution;
}

/** What evidence has to go by, given what is known to be frozen already. */
export function sceneOf(model: Model, inference: Inference, cells: Cells, given: ReadonlyMap<string, number>): Scene {
  const baked = [...cells.baked()];
  const frozen = new Set(baked.flatMap(({ size }) => [...size.symbols()]));
  const sizes = new Map([...declaredSizes(model, inference), ...exactSizes(baked), ...given]);
  const expressions = new Map(baked.map(({ cell, size }) => [size.key, cell.traced]));
  const traced = new TracedSizes(sizes, frozen, expressions);
  return { inference, traced, nodes: liveNodes(model.graph, inference.constants) };
}

/** What outputs are declared to have as a number, where they have the size of an input: a tool went by the example. */
function declaredSizes(model: Model, inference: Inference): Map<string, number> {
  const equations: Equation[] = [];
  for (const output of model.graph.outputs) {
    const shape = output.declared?.kind === 'tensor' ? output.declared.shape : undefined;
    const inferred = shapeOf(inference, output);
    if (shape?.length !== inferred?.length) continue;
    for (const [axis, traced] of (shape ?? []).entries()) {
      const size = inferred?.[axis];
      if (typeof traced === 'number' && size !== undefined && isExact(size)) equations.push({ size, traced });
    }
  }
  return solveSizes(equations);
}

/** The claims of one kind that numbers of constants can make true. */
export function solvedClaims(evidence: Evidence, scene: Scene, cells: Cells): SolvedClaim[] {
  const claims: SolvedClaim[] = [];
  for (const claim of evidence(scene)) {
    const solution = solutionsOf(claim, cells).find((each) => isAdmissible(each, claim, scene, cells));
    if (solution !== undefined) claims.push({ claim, solution });
  }
  return claims;
}

/** Does the solution give the number that is in the file, in a constant that serves only this purpose? */
function isAdmissible({ assignments }: Solution, claim: Claim, scene: Scene, cells: Cells): boolean {
  const { inference, traced } = scene;
  return [...assignments].every(([id, size]) => {
    const { value, kind, traced: number } = cells.get(id) as Cell;
    // Nobody froze a minimum or maximum: that is what is left of a range that was cut.
    if (hasChoice(size)) return false;
    const expected = traced.of(size);
    if (expected === undefined ? claim.needsTraced : expected !== number) return false;
    if (kind === 'size') return claim.isTable === true || isFill(inference.constants.dense(value));
    // Elements of a constant that is to grow follow a rule, not one by one.
    if (shapeOf(inference, value)?.some((dim) => !dim?.isNumber)) return false;
    const readers = value.uses.filter((use) => !inference.constants.isFolded(use.node));
    const roles = new Set(readers.map((use) => `${use.node.opType} ${use.index}`));
    return roles.size === 1 || claim.node.outputs.includes(value);
  });
}

/** Is there a minimum or maximum in the expression? */
function hasChoice(size: Dim): boolean {
  const parts = size.parts();
  return parts.kind === 'max' || operandsOf(parts).some(hasChoice);
}
