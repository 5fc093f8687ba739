/** The part of fix-batch that rolls up loops whose steps read what the ones before them made, and loops over chunks. */
import { DimSources } from '../analysis/dim-sources.js';
import type { Inference } from '../analysis/infer.js';
import { inferPlain } from '../analysis/infer-plain.js';
import { Obstacle, type Recurrence, recurrencesOf } from '../analysis/recurrence/recurrence.js';
import { Accesses } from '../analysis/unrolled/accesses.js';
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import { rollUp } from '../rewrite/scan/roll-up.js';
import type { FindSize } from '../rewrite/size.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';
import type { FixBatchOptions, RolledLoops } from './rolled-loops.js';

/** Makes Scan or Loop of unrolled loops with state, so that the number of steps follows the data. */
export function rollUpRecurrences(model: Model, { inputShapes }: FixBatchOptions): RolledLoops {
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  const sizes: Record<string, number> = {};
  const rows: Value[] = [];
  // What one loop makes, the next one may go through.
  for (;;) {
    const inference = inferPlain(model, inputShapes);
    const { rolled, unresolved } = rollUpFirst(model, inference);
    if (rolled === undefined) return { findings, edits, unresolved, sizes, rows };
    findings.push(rolled.finding);
    edits.push(rolled.edit);
    Object.assign(sizes, rolled.sizes);
    rows.push(...rolled.rows);
  }
}

interface Rolled {
  readonly finding: Finding;
  readonly edit: Edit;
  readonly sizes: Record<string, number>;
  readonly rows: readonly Value[];
}

function rollUpFirst(model: Model, inference: Inference): { rolled?: Rolled; unresolved: Finding[] } {
  const unresolved: Finding[] = [];
  const sources = new DimSources(inference);
  const find: FindSize = (size, anchor) => [...sources.of(size, anchor)][0];
  for (const found of recurrencesOf(model.graph, inference, new Accesses(inference))) {
    const { clock } = found instanceof Obstacle ? found : found.steps;
    const message = `${clock.steps} copies of a loop over ${clock.size}`;
    if (found instanceof Obstacle) {
      unresolved.push({ code: 'unrolled-loop', message: `${message}: ${found.reason}` });
      continue;
    }
    const description = describe(found);
    const result = rollUp(found, inference, find);
    if (typeof result === 'string') {
      unresolved.push({ code: 'unrolled-loop', message: `${message}: ${result}`, node: description.node });
      continue;
    }
    const finding = { code: 'unrolled-loop', message, node: description.node };
    const after = `${nodeName(result.node)} over ${clock.size}`;
    const edit = { what: 'rolled up a loop', where: description.node, before: description.before, after };
    return { rolled: { finding, edit, sizes: sizesOf(found), rows: result.rows }, unresolved };
  }
  return { unresolved };
}

function describe({ steps }: Recurrence): { node: string; before: string } {
  const { nodes, clock } = steps;
  const [first] = nodes;
  return { node: first ? nodeName(first) : '', before: `${clock.steps} copies of ${nodes.length} nodes` };
}

/** The traced size, where rows tell it. Chunks only tell it up to the last one. */
function sizesOf({ steps: { clock } }: Recurrence): Record<string, number> {
  const symbol = clock.size.symbolName;
  return symbol !== undefined && clock.chunk === 1 ? { [symbol]: clock.steps } : {};
}
