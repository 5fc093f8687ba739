/**
 * Rolled-up batches in onnxruntime: for every fixture that fix-batch makes a batched model of, 16 items at once against as
 * many runs of the original as 16 items take, and the traced number of items against the original; and how long it takes to
 * roll up a graph of 100,000 nodes. Runs alternate, and the least time of each kind counts.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import { fixBatch } from '../src/passes/fix-batch.js';
import { allPasses } from '../src/passes/index.js';
import { joinReports } from '../src/passes/pipeline.js';
import { joinData } from '../src/tensor/join.js';
import { type NamedTensor, readDataSets } from '../src/verify/data-sets.js';
import { toWire } from '../src/verify/ort-tensor.js';
import { copiesModel } from './copies.js';
import { median } from './median.js';

const ITEMS = 16;
const ROUNDS = 200;
/** At least so many times faster with 16 items. */
const LEAST_GAIN = 2;
/** The most that rolling up 2,000 copies may compute, in milliseconds: what other processes take does not count. */
const MOST_MS = 5000;

/** Runs the benchmark. @returns whether all bounds hold */
export async function run(): Promise<boolean> {
  const gains: number[] = [];
  const ratios: number[] = [];
  console.log(
    'fixture                         items  original us  batched us  16 items: original us  batched us   gain',
  );
  for (const name of readdirSync('fixtures')) {
    if (!existsSync(join('fixtures', name, 'case.json'))) continue;
    const measured = await measure(join('fixtures', name));
    if (measured === undefined) continue;
    const { traced, before, after, many } = measured;
    const separate = before * (ITEMS / traced);
    gains.push(separate / many);
    ratios.push(before / after);
    const columns = [traced, before, after, separate, many].map((n) => n.toFixed(0).padStart(11));
    console.log(`${name.padEnd(26)}${columns.join('')}   ${(separate / many).toFixed(1)}x`);
  }
  const [gain, ratio] = [median(gains), median(ratios)];
  console.log(`median: ${gain.toFixed(2)}x faster with ${ITEMS} items, ${ratio.toFixed(2)}x at the traced number`);
  const spent = await rollUpCopies();
  return gain >= LEAST_GAIN && ratio >= 1 && spent <= MOST_MS;
}

async function measure(folder: string) {
  const path = join(folder, 'model.onnx');
  const { command = [] } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as { command?: string[] };
  if (command.length !== 1 || command[0] !== 'fix') return undefined;
  const model = await load(path);
  const probe = await load(path);
  const [found] = await probe.transform(fixBatch());
  const [entry] = Object.entries(found?.items ?? {});
  probe.close();
  if (entry === undefined) return undefined;
  const report = joinReports('fix', await model.transform(...allPasses()));
  if (report.unresolved.length > 0) return undefined;
  const [symbol, traced] = entry;
  const axes = new Map(
    model.graph.inputs.map(({ name, declared }) => [
      name,
      declared?.kind === 'tensor' && declared.shape?.[0] === symbol,
    ]),
  );
  const [set] = await readDataSets(folder);
  const inputs = set?.inputs ?? [];
  const feeds = (count: number) =>
    Object.fromEntries(inputs.map((input) => [input.name, feed(input, axes.get(input.name) ? count : undefined)]));
  const original = await open(readFileSync(path));
  const batched = await open(await serialize(model));
  const times = await race([
    [original, feeds(traced)],
    [batched, feeds(traced)],
    [batched, feeds(ITEMS)],
  ]);
  const [before = 0, after = 0, many = 0] = times;
  return { traced, before, after, many };
}

function open(bytes: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
}

/** An input with another number of items: its own over and over. */
function feed({ tensor }: NamedTensor, count: number | undefined): OrtTensor {
  const { shape, data } = tensor;
  const items = shape[0] as number;
  const wanted = count ?? items;
  const block = data.length / items;
  const rows = Array.from({ length: wanted }, (_, i) => data.slice((i % items) * block, ((i % items) + 1) * block));
  const all = { ...tensor, shape: shape.with(0, wanted), data: joinData([data.slice(0, 0), ...rows]) };
  const { type, dims, data: elements } = toWire(count === undefined ? tensor : all);
  return new OrtTensor(type as 'float32', elements as Float32Array, dims);
}

/** The least time of each, in microseconds, taking turns. */
async function race(runners: readonly (readonly [InferenceSession, Record<string, OrtTensor>])[]): Promise<number[]> {
  const least = runners.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [session, feeds]] of runners.entries()) {
      const start = performance.now();
      await session.run(feeds);
      least[i] = Math.min(least[i] as number, (performance.now() - start) * 1e3);
    }
  }
  return least;
}

async function rollUpCopies(): Promise<number> {
  const bytes = await copiesModel(2000, 12);
  const start = performance.now();
  const cpu = process.cpuUsage();
  const model = await load(bytes);
  const nodes = model.graph.nodes.length;
  const [report] = await model.transform(fixBatch());
  const spent = performance.now() - start;
  const { user } = process.cpuUsage(cpu);
  const text = `${spent.toFixed(0)} ms, ${(user / 1e3).toFixed(0)} ms of them computing`;
  console.log(
    `2000 copies, ${nodes} nodes: ${report?.findings.length} loop rolled up to ${model.graph.nodes.length} nodes in ${text}`,
  );
  return user / 1e3;
}
