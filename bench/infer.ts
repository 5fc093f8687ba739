/**
 * Shape inference of graphs of many nodes: how the time grows from 1,000 to 300,000 nodes, and how it compares with that of
 * Python's onnx in the same run (the interpreter `python3`, or the one that ONNX_SURGEON_PYTHON names; left out when that
 * has no onnx). Every measurement is a process of its own, so nothing is warmed up.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unrolledModel } from './unrolled.js';

const SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000];
/** The graph that is compared with Python. */
const COMPARED = 100_000;
const ROUNDS = 5;
/** Most that load and inference may take of Python's time. */
const MOST_RATIO = 1.5;
/** Most that a node of the largest graph may take of the time of a node of a graph a tenth of the size. */
const MOST_GROWTH = 1.5;

interface Measured {
  readonly nodes: number;
  readonly load: number;
  readonly infer: number;
}

const PYTHON = `
import json, sys, time
import onnx
start = time.perf_counter()
model = onnx.load(sys.argv[1])
loaded = time.perf_counter()
onnx.shape_inference.infer_shapes(model)
inferred = time.perf_counter()
nodes = len(model.graph.node)
print(json.dumps({"nodes": nodes, "load": (loaded - start) * 1e3, "infer": (inferred - loaded) * 1e3}))
`;

/** Runs the benchmark. @returns whether all bounds hold */
export async function run(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-surgeon-bench-'));
  try {
    const paths = new Map<number, string>();
    for (const size of SIZES) {
      const path = join(folder, `${size}.onnx`);
      writeFileSync(path, await unrolledModel(size));
      paths.set(size, path);
    }
    const isLinear = growth(paths);
    return compare(paths.get(COMPARED) as string) && isLinear;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function growth(paths: ReadonlyMap<number, string>): boolean {
  console.log('   nodes     load    infer   us/node');
  const perNode = new Map<number, number>();
  for (const [size, path] of paths) {
    const { nodes, load, infer } = fastest(Array.from({ length: 3 }, () => measure(path)));
    const each = ((load + infer) * 1000) / nodes;
    perNode.set(size, each);
    console.log(`${column(nodes, 8)} ${column(load, 6)}ms ${column(infer, 6)}ms ${each.toFixed(1).padStart(9)}`);
  }
  const ratio = (perNode.get(300_000) as number) / (perNode.get(30_000) as number);
  console.log(`a node of 300,000 takes ${ratio.toFixed(2)} times as long as one of 30,000 (at most ${MOST_GROWTH})`);
  return ratio <= MOST_GROWTH;
}

function compare(path: string): boolean {
  const python = process.env.ONNX_SURGEON_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'ignore' });
  } catch {
    console.log(`not compared with onnx: ${python} does not have it (ONNX_SURGEON_PYTHON names another interpreter)`);
    return true;
  }
  const own: Measured[] = [];
  const other: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(measure(path));
    other.push(parse(execFileSync(python, ['-c', PYTHON, path], { encoding: 'utf8' })));
  }
  const [a, b] = [median(own), median(other)];
  const ratio = total(a) / total(b);
  for (const [name, { load, infer }] of [['onnx-surgeon', a] as const, ['onnx', b] as const]) {
    console.log(
      `${name.padEnd(13)} ${column(a.nodes, 7)} nodes: load ${column(load, 5)}ms, infer ${column(infer, 5)}ms`,
    );
  }
  console.log(`load and infer: ${ratio.toFixed(2)} times the time of onnx (at most ${MOST_RATIO})`);
  return ratio <= MOST_RATIO;
}

function measure(path: string): Measured {
  const script = fileURLToPath(new URL('infer-once.js', import.meta.url));
  return parse(execFileSync(process.execPath, [script, path], { encoding: 'utf8' }));
}

function parse(text: string): Measured {
  const result: Measured & { readonly unknown?: number } = JSON.parse(text);
  if (result.unknown) throw new Error(`${result.unknown} nodes were not inferred`);
  return result;
}

function total({ load, infer }: Measured): number {
  return load + infer;
}

function fastest(all: readonly Measured[]): Measured {
  return all.reduce((a, b) => (total(a) <= total(b) ? a : b));
}

function median(all: readonly Measured[]): Measured {
  return all.toSorted((a, b) => total(a) - total(b))[all.length >> 1] as Measured;
}

function column(value: number, width: number): string {
  return Math.round(value).toLocaleString('en-US').padStart(width);
}
