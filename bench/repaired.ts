/**
 * What a repair costs: the ratio of onnxruntime's run times after and before at the traced size, and the time of the repair
 * itself (load, diagnose, edit, serialise; without verification), over the fixtures whose masks and positions are repaired.
 * Runs of the two models take turns, so that what else the machine does falls on both.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { load } from '../src/model/load.js';
import { serialize } from '../src/model/save.js';
import { allPasses } from '../src/passes/index.js';
import { readDataSets } from '../src/verify/data-sets.js';
import { toWire } from '../src/verify/ort-tensor.js';
import { median } from './median.js';

/** The passes whose repairs are measured. */
const OWN: ReadonlySet<string> = new Set(['fix-masks', 'fix-pe']);
const ROUNDS = 100;
/** Most that the median of repaired models may take of the original's time. */
const MOST_RATIO = 1.03;
/** Most milliseconds that any repair may take. */
const MOST_REPAIR = 2000;

interface Measured {
  readonly name: string;
  readonly repair: number;
  readonly ratio: number;
}

/** Runs the benchmark. @returns whether all bounds hold */
export async function run([folder = 'fixtures']: readonly string[] = []): Promise<boolean> {
  const results: Measured[] = [];
  for (const name of readdirSync(folder).sort()) {
    const result = await measure(name, join(folder, name));
    if (result === undefined) continue;
    results.push(result);
    console.log(
      `${name.padEnd(36)} repaired in ${result.repair.toFixed(0).padStart(5)} ms, runs ${result.ratio.toFixed(3)}`,
    );
  }
  const ratio = median(results.map((result) => result.ratio));
  const slowest = Math.max(...results.map((result) => result.repair));
  console.log(`${results.length} models: median ratio ${ratio.toFixed(3)}, slowest repair ${slowest.toFixed(0)} ms`);
  return ratio <= MOST_RATIO && slowest <= MOST_REPAIR;
}

/** One fixture; undefined where there is nothing to repair without further options, or no data to run on. */
async function measure(name: string, folder: string): Promise<Measured | undefined> {
  const description = join(folder, 'case.json');
  if (!existsSync(description)) return undefined;
  const { expect, command } = JSON.parse(readFileSync(description, 'utf8')) as { expect?: string; command?: string[] };
  if (expect !== 'repair' || (command !== undefined && command.join() !== 'fix')) return undefined;
  const original = new Uint8Array(readFileSync(join(folder, 'model.onnx')));
  const start = performance.now();
  const model = await load(original);
  const reports = await model.transform(...allPasses());
  const repaired = await serialize(model);
  const repair = performance.now() - start;
  const [set] = await readDataSets(folder);
  const passes = reports.filter(({ changed }) => changed).map(({ pass }) => pass);
  if (set === undefined || !passes.some((pass) => OWN.has(pass))) return undefined;
  if (reports.some(({ unresolved }) => unresolved.length > 0)) return undefined;
  const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const sessions = [
    await ort.InferenceSession.create(original, options),
    await ort.InferenceSession.create(repaired, options),
  ] as const;
  const feeds = Object.fromEntries(
    set.inputs.map(({ name: input, tensor }) => {
      const { type, dims, data } = toWire(tensor);
      return [input, new ort.Tensor(type as 'float32', data as Float32Array, [...dims])];
    }),
  );
  const names = sessions.map(({ inputNames }) => inputNames.join());
  if (names[0] !== names[1]) return undefined;
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of [0, 1] as const) {
      const begin = performance.now();
      await sessions[which].run(feeds);
      times[which].push(performance.now() - begin);
    }
  }
  for (const session of sessions) await session.release();
  return { name, repair, ratio: Math.min(...times[1]) / Math.min(...times[0]) };
}
