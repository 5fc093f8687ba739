/** Recurrent cells in `Scan` as the operators that are made for them, where that is asked for. */
import { inferPlain } from '../analysis/infer-plain.js';
import type { Model } from '../model/model.js';
import { takeOutCell } from '../rewrite/scan/recurrent-scan.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';
import type { FixBatchOptions, RolledLoops } from './rolled-loops.js';

/**
 * Makes LSTM, GRU and RNN of the cells of PyTorch and Keras that loops consist of, whichever pass wrote the loop.
 *
 * Before: `Scan` with a body of 12 nodes. After: `LSTM`, and a `Scan` with whatever else was in the body.
 */
export function recurrentOperators(model: Model, { rnnOps, inputShapes }: FixBatchOptions): RolledLoops {
  const findings: Finding[] = [];
  const edits: Edit[] = [];
  for (let isDone = rnnOps !== true; !isDone; ) {
    isDone = true;
    const inference = inferPlain(model, inputShapes);
    for (const node of model.graph.nodes) {
      if (node.opType !== 'Scan' || node.domain !== '') continue;
      const [name, before] = [nodeName(node), `body of ${[...(node.subgraphs[0]?.nodes ?? [])].length} nodes`];
      const taken = takeOutCell(node, inference);
      if (taken === undefined) continue;
      findings.push({
        code: 'recurrent-cell',
        message: `${name} goes through the steps of ${taken.operator}`,
        node: name,
      });
      edits.push({ what: 'recurrent cell', where: name, before, after: `${taken.operator}, ${taken.made.name}` });
      isDone = false;
      break;
    }
  }
  return { findings, edits, unresolved: [], sizes: {} };
}
