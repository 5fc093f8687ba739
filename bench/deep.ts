/**
 * How long a repair takes of a deep model: an encoder of 12 layers and about 3,000 nodes, without verification, and what a
 * node costs in one of four times the layers.
 */
import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import { allPasses } from '../src/passes/index.js';
import { encoderModel } from './encoder.js';
import { median } from './median.js';

const ROUNDS = 5;
/** Most milliseconds that repairing 12 layers may take. */
const MOST_MS = 1500;
/** Most that a node of 48 layers may cost, by one of 12. */
const MOST_RATIO = 1.5;

/** Runs the benchmark. @returns whether all bounds hold */
export async function run(): Promise<boolean> {
  // The first repair of a process compiles the code.
  await repair(await encoderModel(2));
  const [small, large] = [await measure(12), await measure(48)];
  const ratio = large.perNode / small.perNode;
  console.log(`a node of 48 layers costs ${ratio.toFixed(2)}x one of 12 (at most ${MOST_RATIO})`);
  return small.ms <= MOST_MS && ratio <= MOST_RATIO;
}

async function measure(layers: number) {
  const bytes = await encoderModel(layers);
  const times: number[] = [];
  let last = await repair(bytes);
  for (let round = 0; round < ROUNDS; round++) {
    last = await repair(bytes);
    times.push(last.ms);
  }
  const ms = median(times);
  console.log(`${layers} layers, ${last.nodes} nodes: ${last.edits} edits in ${ms.toFixed(0)} ms`);
  return { ms, perNode: ms / last.nodes };
}

async function repair(bytes: Uint8Array) {
  const start = performance.now();
  const model = await load(bytes);
  const nodes = model.graph.nodes.length;
  const reports = await model.transform(...allPasses());
  await serialize(model);
  const left = reports.flatMap((report) => [...report.unresolved]);
  if (left.length > 0) throw new Error(`not repaired: ${left[0]?.message}`);
  const edits = reports.reduce((sum, report) => sum + report.edits.length, 0);
  return { ms: performance.now() - start, nodes, edits };
}
