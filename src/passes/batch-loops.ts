/** Loops over the items of a tensor whose copies do not read each other's results: one batched body. */
import type { Inference } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import { Accesses } from '../analysis/unrolled/accesses.js';
import { Fingerprints } from '../analysis/unrolled/fingerprints.js';
import { regionsOfLoops } from '../analysis/unrolled/fixed-loops.js';
import { joinsOf } from '../analysis/unrolled/joins.js';
import { plausible, plausibleSingles } from '../analysis/unrolled/plausible.js';
import { type Region, regionOf } from '../analysis/unrolled/regions.js';
import { singleRegions } from '../analysis/unrolled/singles.js';
import { leavesOf, stepsOf } from '../analysis/unrolled/template.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { batchBody } from '../rewrite/batching/body.js';
import { Unbatchable } from '../rewrite/batching/call.js';
import { Draft, materialise, type Ref } from '../rewrite/batching/draft.js';
import { joinItems, turned } from '../rewrite/batching/join.js';
import { type Batched, isBatched } from '../rewrite/batching/operand.js';
import { scanItems } from '../rewrite/batching/scan-items.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { opsetOf } from '../rewrite/size.js';
import type { Edit, Finding } from './pass.js';
import { refreshDeclarations } from './refresh-declarations.js';
import { nodeName } from './report-text.js';
import { type FixBatchOptions, isFirstAxis, type RolledLoops } from './rolled-loops.js';

/** Loops inside loops, and loops over what loops made, take a round each. */
const MAX_ROUNDS = 16;

/** Rolls up loops whose copies are independent. */
export function batchLoops(model: Model, { inputShapes }: FixBatchOptions): RolledLoops {
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  const sizes: Record<string, number> = {};
  const items: Record<string, number> = {};
  const failed = new Map<Node, Finding>();
  const options = inputShapes ? { inputShapes } : {};
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const inference = inferPlain(model, inputShapes);
    const batching = new Batching(inference);
    for (const region of loopsOf(model, inference, options, failed)) {
      const outcome = batching.apply(region);
      if (outcome === 'later') continue;
      const finding = describe(region);
      if (outcome instanceof Unbatchable) {
        const message = `${finding.message}, but cannot be batched: ${outcome.message}`;
        failed.set(region.join.node, { ...finding, message });
        continue;
      }
      findings.push(finding);
      edits.push(outcome);
      const { symbolName } = region.size;
      if (symbolName === undefined) continue;
      sizes[symbolName] ??= region.count;
      if (isFirstAxis(model, symbolName) && !region.limited) items[symbolName] ??= region.count;
    }
    if (batching.finish() === 0) break;
  }
  if (edits.length > 0) edits.push(...refreshDeclarations(model, inferPlain(model, inputShapes), 'keep'));
  return { findings, edits, unresolved: [...failed.values()], sizes, items };
}

/** The loops that can be told now. Those of several copies first: a single copy looks like much else. */
function loopsOf(
  model: Model,
  inference: Inference,
  options: Pick<FixBatchOptions, 'inputShapes'>,
  failed: ReadonlyMap<Node, Finding>,
): readonly Region[] {
  const accesses = new Accesses(inference);
  const prints = new Fingerprints(inference, accesses);
  const regions: Region[] = [];
  for (const join of joinsOf(model.graph, inference, accesses, prints)) {
    const region = failed.has(join.node) ? undefined : regionOf(join, inference, accesses);
    if (region !== undefined) regions.push(region);
  }
  for (const region of regionsOfLoops(model.graph, inference, accesses)) {
    if (!failed.has(region.join.node)) regions.push(region);
  }
  const loops = plausible(regions, inference, options);
  if (loops.length > 0) return loops;
  const singles = [...singleRegions(model.graph, inference, accesses)].filter(({ join }) => !failed.has(join.node));
  return plausibleSingles(singles, inference, options);
}

function limitOf({ count, limited }: Region): string {
  return limited ? `; at most ${count} items, since each has constants of its own` : '';
}

function describe(region: Region): Finding {
  const { join, count, size } = region;
  const limit = limitOf(region);
  return {
    code: 'unrolled-loop',
    message:
      count === 1
        ? `${nodeName(join.node)} gives one item its axis back, where there are ${size}`
        : `${nodeName(join.node)} joins ${count} copies of one computation, one for each of ${size} items${limit}`,
    node: nodeName(join.node),
    evidence: [`copies differ only in the row that they read, along an axis of size ${size}`],
  };
}

/** The edits of one round: all loops are found before the first is rolled up. */
class Batching {
  readonly #inference: Inference;
  readonly #emitter = new Emitter();
  readonly #rolled = new Set<Node>();
  readonly #replaced = new Set<Value>();

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  apply(region: Region): Edit | Unbatchable | 'later' {
    const { join, body, size, count } = region;
    const isStale = leavesOf(body).some((leaf) => {
      return this.#replaced.has(leaf.value) || (leaf.kind === 'rows' && this.#replaced.has(leaf.access.source));
    });
    if (isStale || stepsOf(body).some(({ node }) => this.#rolled.has(node))) return 'later';
    const made = this.#make(region);
    if (made instanceof Unbatchable) return made;
    const value = materialise(made.ref, this.#emitter, join.node);
    this.#rolled.add(join.node);
    this.#put(region, value);
    return {
      what: 'unrolled loop',
      where: nodeName(join.node),
      before: `${count} copies of ${stepsOf(body).length} nodes`,
      after: `${value.name}: all ${size} items ${made.how}${limitOf(region)}`,
    };
  }

  #make({ join, body, isTurned }: Region): { ref: Ref; how: string } | Unbatchable {
    const draft = new Draft(opsetOf(join.node));
    const joined = (items: Batched) =>
      joinItems(draft, isTurned ? turned(draft, items) : items, join.axis, join.stacked);
    const batched = attempt(() => {
      const items = batchBody(body, draft, this.#inference);
      if (!isBatched(items)) throw new Unbatchable('all copies are the same');
      return joined(items);
    });
    if (!(batched instanceof Unbatchable)) return { ref: batched, how: 'at once' };
    if (isSize(join, this.#inference)) {
      return new Unbatchable(`${batched.message}; items that each have a size of their own make no tensor`);
    }
    const scanned = attempt(() => scanItems(body, join.node.graph, draft, this.#inference, joined));
    if (!(scanned instanceof Unbatchable)) return { ref: scanned, how: `one after the other: ${batched.message}` };
    return new Unbatchable(`${batched.message}; nor be put into a Scan: ${scanned.message}`);
  }

  #put({ join }: Region, value: Value): void {
    const { node, from, values } = join;
    const output = node.outputs[join.output ?? 0];
    if (from === undefined) {
      if (output === undefined) return;
      output.replaceAllUsesWith(value);
      this.#replaced.add(output);
      return;
    }
    node.setInput(from, value);
    for (let i = 1; i < values.length; i++) node.removeInput(from + 1);
    for (const item of values) this.#replaced.add(item);
  }

  /** Removes what is not used any more. @returns how many loops were rolled up */
  finish(): number {
    if (this.#rolled.size > 0) removeDead(this.#replaced);
    return this.#rolled.size;
  }
}

/** Is what the items give a size, or a list of them? Tensors are made of it, of as many elements for every item. */
function isSize({ node, output }: Region['join'], inference: Inference): boolean {
  const value = node.outputs[output ?? 0];
  const facts = value && inference.facts(value);
  return facts?.kind === 'tensor' && facts.content !== undefined;
}

function attempt(make: () => Ref): Ref | Unbatchable {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unbatchable) return error;
    throw error;
  }
}
