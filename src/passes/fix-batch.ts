/**
 * fix-batch: loops that the exporter unrolled become batched operations, or loops, again.
 *
 * Before: Python went through the items of a tensor one by one, so the graph has one copy of the body for each item that
 * the example had.
 *
 *     x [B, T, D] ─┬─ Split, Squeeze ── Gemm ── Relu ── Unsqueeze ─┬─ Concat      any B but 2 fails
 *                  └─ Split, Squeeze ── Gemm ── Relu ── Unsqueeze ─┘
 *
 * After: the body once, on all items together.
 *
 *     x [B, T, D] ── MatMul ── Add ── Relu
 */
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import { batchLoops } from './batch-loops.js';
import type { Edit, Finding, Pass } from './pass.js';
import type { RepairOptions } from './repair-session.js';
import { nodeName } from './report-text.js';
import { rollUpRecurrences } from './roll-up-recurrences.js';

/** Options of {@link fixBatch}. */
export interface FixBatchOptions extends RepairOptions {}

/** What one kind of rolling-up found and did; see `PassReport` for the fields. */
export interface RolledLoops {
  readonly findings: readonly Finding[];
  readonly edits: readonly Edit[];
  readonly unresolved: readonly Finding[];
  /** The number of copies in the file, by the symbol of the axis that they go through. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Single rows of what was rolled up that are read one by one, until another loop is rolled up as well. */
  readonly rows?: readonly Value[];
  /** Those of the sizes whose items do not depend on each other in the whole model: first axes. */
  readonly items?: Readonly<Record<string, number>>;
}

/** Rolls up the loops of one kind that a model has, and edits it; leaves all others as they are. */
export type RollUp = (model: Model, options: FixBatchOptions) => RolledLoops;

/** The kinds of loops, in the order in which they are tried: each sees what the ones before it left. */
const KINDS: readonly RollUp[] = [batchLoops, rollUpRecurrences];

/** Rolls up unrolled loops, so that the number of items is free. */
export function fixBatch(options: FixBatchOptions = {}): Pass {
  return {
    name: 'fix-batch',
    async run(model) {
      const rolled: RolledLoops[] = [];
      let unresolved: readonly Finding[];
      // What one kind made, another may go on with.
      for (;;) {
        const round = KINDS.map((rollUp) => rollUp(model, options));
        rolled.push(...round);
        unresolved = round.flatMap((loops) => loops.unresolved);
        if (round.every((loops) => loops.edits.length === 0)) break;
      }
      const edits = rolled.flatMap((loops) => loops.edits);
      return {
        pass: 'fix-batch',
        changed: edits.length > 0,
        findings: rolled.flatMap((loops) => loops.findings),
        edits,
        unresolved: [...unresolved, ...leftRows(rolled.flatMap((loops) => loops.rows ?? []))],
        sizes: Object.assign({}, ...rolled.map((loops) => loops.sizes)),
        items: Object.assign({}, ...rolled.map((loops) => loops.items)),
        ...(edits.length > 0 ? { reassociates: true } : {}),
      };
    },
  };
}

/** Rows that are read by their numbers still: there are as many as in the example. */
function leftRows(rows: readonly Value[]): Finding[] {
  const [left] = rows.filter((row) => row.uses.length > 0 || row.isGraphOutput);
  if (left === undefined) return [];
  const reader = left.uses[0]?.node;
  const where = reader ? nodeName(reader) : `the output ${left.name}`;
  const message = `${where} reads single steps of an unrolled loop, as many as the example had`;
  return [{ code: 'unrolled-loop', message, ...(reader ? { node: nodeName(reader) } : {}) }];
}
