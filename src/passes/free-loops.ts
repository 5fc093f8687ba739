/** `Loop` over as many items as the example had: it goes round once for each item that there is. */
import { DimSources } from '../analysis/dim-sources.js';
import type { Inference } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import { Accesses } from '../analysis/unrolled/accesses.js';
import { type FixedLoop, fixedLoops } from '../analysis/unrolled/fixed-loops.js';
import { isFree, isWhole } from '../analysis/unrolled/regions.js';
import { leavesOf, type Term } from '../analysis/unrolled/template.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { batchBody } from '../rewrite/batching/body.js';
import { Unbatchable } from '../rewrite/batching/call.js';
import { Draft, materialise, type Ref } from '../rewrite/batching/draft.js';
import { isBatched, toFront } from '../rewrite/batching/operand.js';
import { removeDead } from '../rewrite/dead-code.js';
import { Emitter } from '../rewrite/emitter.js';
import { opsetOf, Sizes, unsqueeze } from '../rewrite/size.js';
import type { Dim } from '../symbolic/dim.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';
import type { FixBatchOptions, RolledLoops } from './rolled-loops.js';

/**
 * Frees the number of rounds of loops that carry something from item to item, and so cannot be batched.
 *
 * Before: `Loop(3, ..)` reads `SequenceAt(SequenceConstruct(x[0], x[1], x[2]), i)`. After: `Loop(size of x, ..)` reads `x[i]`.
 */
export function freeLoops(model: Model, { inputShapes }: FixBatchOptions): RolledLoops {
  const inference = inferPlain(model, inputShapes);
  const accesses = new Accesses(inference);
  const emitter = new Emitter();
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  const unresolved: Finding[] = [];
  const sizes: Record<string, number> = {};
  for (const loop of [...fixedLoops(model.graph, inference, accesses)]) {
    const size = sizeOf(loop, inference, accesses);
    if (size === undefined) continue;
    const node = nodeName(loop.node);
    const finding = {
      code: 'unrolled-loop',
      message: `${node} goes round ${loop.count} times, over ${size} items`,
      node,
    };
    const refusal = free(loop, size, inference, emitter);
    if (refusal !== undefined) {
      unresolved.push({ ...finding, message: `${finding.message}: ${refusal}` });
      continue;
    }
    findings.push(finding);
    edits.push({ what: 'rounds of a loop', where: node, before: `${loop.count}`, after: `${size}` });
    if (size.symbolName !== undefined) sizes[size.symbolName] = loop.count;
  }
  return { findings, edits, unresolved, sizes };
}

/** The number of items that a loop goes over, where an operator fails at any other number than that of its rounds. */
function sizeOf({ items, count }: FixedLoop, inference: Inference, accesses: Accesses): Dim | undefined {
  const rows = [...items.values()].flatMap(leavesOf).flatMap((leaf) => (leaf.kind === 'rows' ? [leaf.access] : []));
  const sizeAt = ({ source, axis }: (typeof rows)[number]) => inference.shape(source)?.[axis];
  const exact = rows.filter((row) => row.count !== undefined).map(sizeAt);
  const size = exact.find((dim) => dim !== undefined && isFree(dim));
  const isOver =
    size !== undefined && rows.every((row) => sizeAt(row)?.equals(size) && isWhole(row, count, inference, accesses));
  return isOver ? size : undefined;
}

function free({ node, items }: FixedLoop, size: Dim, inference: Inference, emitter: Emitter): string | undefined {
  const sources = new DimSources(inference);
  const live = new Sizes(emitter, (dim, anchor) => [...sources.of(dim, anchor)][0]);
  if (!live.canCompute(size, node)) return `no live tensor has the size ${size}`;
  const [round] = node.attributes.get('body')?.asGraph()?.inputs ?? [];
  const other = round?.uses.find((use) => isByNumber(use.node, inference) && !items.has(use.node.outputs[0] as Value));
  if (other !== undefined) return `${nodeName(other.node)} has only so many items`;
  const whole = new Map<Value, Whole>();
  const released = [...node.inputs.slice(0, 1)];
  try {
    for (const [item, term] of items) whole.set(item, wholeOf(term, node, inference));
  } catch (error) {
    if (error instanceof Unbatchable) return `its items cannot be batched: ${error.message}`;
    throw error;
  }
  for (const [item, { ref, axis, kept }] of whole) {
    const reader = item.producer;
    const [list, place] = reader?.inputs ?? [];
    if (reader === undefined || place === undefined) continue;
    const inputs = [materialise(ref, emitter, node), place];
    const attributes = { axis: { int: axis } };
    const row = emitter.node({ opType: 'Gather', inputs, attributes, hint: 'item' }, reader);
    item.replaceAllUsesWith(kept ? unsqueeze(emitter, row, [axis], reader) : row);
    released.push(item, list);
  }
  node.setInput(0, live.scalar(size, node));
  removeDead(released.filter((value) => value !== undefined));
  return undefined;
}

/** Does it take what has the number of the round, of a list or a constant? */
function isByNumber({ opType, inputs: [source] }: Node, { constants }: Inference): boolean {
  return opType === 'SequenceAt' || (opType === 'Gather' && source !== undefined && constants.isConstant(source));
}

/** What all items are the rows of. */
interface Whole {
  readonly ref: Ref;
  readonly axis: number;
  readonly kept: boolean;
}

function wholeOf(term: Term, loop: Node, inference: Inference): Whole {
  const draft = new Draft(opsetOf(loop));
  if (term.kind === 'rows') {
    const { source, axis, kept } = term.access;
    return { ref: draft.value(source), axis, kept };
  }
  const items = batchBody(term, draft, inference);
  if (!isBatched(items)) throw new Unbatchable('all copies are the same');
  return { ref: toFront(draft, items).ref, axis: 0, kept: false };
}
