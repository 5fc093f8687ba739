import type { Value } from '../model/value.js';
import { batchLoops } from './batch-loops.js';
import { freeLoops } from './free-loops.js';
import { thawStatistics } from './frozen-statistics.js';
import type { Finding, Pass } from './pass.js';
import { recurrentOperators } from './recurrent-operators.js';
import { nodeName } from './report-text.js';
import { rollUpRecurrences } from './roll-up-recurrences.js';
import type { FixBatchOptions, RolledLoops, RollUp } from './rolled-loops.js';

export type { FixBatchOptions } from './rolled-loops.js';

/** The kinds of loops, in the order in which they are tried: each sees what the ones before it left. */
const KINDS: readonly RollUp[] = [thawStatistics, batchLoops, freeLoops, rollUpRecurrences, recurrentOperators];

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
        ...(rolled.some((loops) => loops.changesValues) ? { changesValues: true } : {}),
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
