/**
 * fix-ops: operators that no runtime has become standard ones.
 *
 * Before: the exporter had no equivalent, and wrote down PyTorch's own operator.
 *
 *     wav [B, N] ── org.pytorch.aten::stft ── ::view_as_real     "is not a registered function/op"
 *
 * After: the same numbers by standard operators. Complex numbers become real ones with a last axis of two.
 *
 *     wav ── Unsqueeze ── Conv (windowed DFT basis) ── Reshape ── Transpose [B, bins, frames, 2]
 *
 * On request also operators that only some runtimes have: onnxruntime's own (`contrib`), and STFT and DFT.
 */
import { neededSchemas } from '../analysis/needed-schemas.js';
import type { Graph } from '../model/graph.js';
import type { Model } from '../model/model.js';
import { Refusal } from '../rewrite/lowering/refusal.js';
import { convertComplexConstants } from './complex-constants.js';
import { customOperators, leftOperator } from './custom-operators.js';
import { retypeIdentities } from './identity-types.js';
import { isRead, LoweringRun } from './lowering-run.js';
import { findLowering, type LoweringChoice } from './lowerings.js';
import type { Pass, PassReport } from './pass.js';
import type { RepairOptions } from './repair-session.js';
import { nodeName } from './report-text.js';
import { batchUnbatched } from './unbatched-windows.js';

/** Options of {@link fixOps}. */
export interface FixOpsOptions extends RepairOptions {
  /** Lower the operators of `com.microsoft` as well. */
  readonly contrib?: boolean;
  /** Standard operators to lower as well: `STFT`, `DFT`. */
  readonly lower?: readonly string[];
}

/** Lowest operator set that lowered operators are written in. */
const LOWEST_OPSET = 11;

/**
 * Lowers operators of PyTorch that the exporter left in the model, on request also other ones, gives convolutions and
 * poolings of a single image the batch that ONNX wants, and makes identity matrices of bools from whole numbers. What has no equivalent is named, with its attributes and the reason,
 * and nothing is changed.
 */
export function fixOps(options: FixOpsOptions = {}): Pass {
  return {
    name: 'fix-ops',
    async run(model) {
      const lowered = await lowerOperators(model, options);
      if (lowered.unresolved.length > 0 && !options.partial) return lowered;
      const given = options.inputShapes ? { inputShapes: options.inputShapes } : {};
      const refused = [batchUnbatched(model, given), retypeIdentities(model, given)];
      const edits = refused.flatMap((each) => each.edits);
      return {
        ...lowered,
        changed: lowered.changed || edits.length > 0,
        findings: [...lowered.findings, ...refused.flatMap(({ findings }) => findings)],
        edits: [...lowered.edits, ...edits],
      };
    },
  };
}

async function lowerOperators(model: Model, options: FixOpsOptions): Promise<PassReport> {
  const report: PassReport = { pass: 'fix-ops', changed: false, findings: [], edits: [], unresolved: [] };
  const custom = customOperators(model, await neededSchemas(model));
  const run = new LoweringRun(model, options);
  const choice: LoweringChoice = { custom, contrib: options.contrib ?? false, lower: new Set(options.lower) };
  if (!hasWork(model, run, choice)) return report;
  const { findings, edits, unresolved } = report;
  convertComplexConstants(model, run);
  for (const graph of [model.graph, ...model.functions.map(({ body }) => body)]) {
    lowerGraph(graph, run, choice, { findings, edits, unresolved });
  }
  if (edits.length === 0 || (unresolved.length > 0 && !options.partial)) {
    run.takeBack();
    return { ...report, edits: [] };
  }
  run.commit();
  return { ...report, changed: true, reassociates: true };
}

type Log = Pick<PassReport, 'findings' | 'edits' | 'unresolved'>;

function hasWork(model: Model, run: LoweringRun, choice: LoweringChoice): boolean {
  for (const graph of model.graphs()) {
    for (const node of graph.nodes) if (findLowering(node, run.complex, choice) !== undefined) return true;
  }
  return false;
}

/** Nodes in an order in which whatever they read is lowered before them. */
function lowerGraph(graph: Graph, run: LoweringRun, choice: LoweringChoice, log: Log): void {
  for (const node of graph.topologicalOrder()) {
    for (const inner of node.subgraphs) lowerGraph(inner, run, choice, log);
    run.passOn(node);
    const found = findLowering(node, run.complex, choice);
    if (found === undefined) continue;
    const { torch, label } = found;
    if (!node.outputs.some((output) => output !== undefined && isRead(output))) {
      run.drop(node);
      log.edits.push({ what: label, where: nodeName(node), before: 'read by nobody', after: 'removed' });
      continue;
    }
    const refuse = (reason: string) => log.unresolved.push(leftOperator(node, torch, reason));
    if (found.lowering === undefined) refuse(found.reason);
    else if ((graph.opset('') ?? 0) < LOWEST_OPSET) {
      refuse(`it can be lowered to opset ${LOWEST_OPSET} or later; the model is of ${graph.opset('') ?? 'none'}`);
    } else {
      try {
        const emitted = run.lower(node, found.lowering, found);
        log.findings.push({ code: 'custom-operator', message: `${label} is in no runtime`, node: nodeName(node) });
        log.edits.push({ what: label, where: nodeName(node), before: label, after: textOf(emitted) });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(error.message);
      }
    }
  }
}

function textOf(emitted: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const opType of emitted) if (opType !== 'Identity') counts.set(opType, (counts.get(opType) ?? 0) + 1);
  const shown = [...counts].map(([opType, count]) => (count === 1 ? opType : `${count} ${opType}`));
  return shown.length === 0 ? 'its input' : shown.join(', ');
}
