/**
 * Reading and writing: an edit of one node's name in large models, against `cp` of the same file in the same run.
 *
 *     npm run bench -- io [--rounds N] [--large] [--dir FOLDER]
 *
 * `--large` adds single files of 2.35 and 5 GB and one of 6 GB with external data, which take 20 GB of disk. With a
 * Python that has onnx (`python3`, or what ONNX_SURGEON_PYTHON names) results are compared with its, too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeTransformer } from './transformer.js';
import { unrolledModel } from './unrolled.js';

/** Seconds of the whole process, and the most memory where it tells. */
interface Measured {
  readonly seconds: number;
  readonly megabytes?: number;
}

const PYTHON = process.env.ONNX_SURGEON_PYTHON ?? 'python3';
const RENAME = `
import json, sys, time
import onnx
start = time.perf_counter()
model = onnx.load(sys.argv[1], load_external_data=False)
model.graph.node[0].name += '_renamed'
onnx.save(model, sys.argv[2])
print(json.dumps({"ms": (time.perf_counter() - start) * 1e3}))
`;

/** Most that things may take. */
const MOST = { ratioToCopy: 1.6, megabytes: 120, externalSeconds: 0.3, overlaySeconds: 0.5, ratioToOnnx: 0.6 };

/** Runs the benchmark. @returns whether all bounds hold */
export async function run(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      large: { type: 'boolean', default: false },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const folder = mkdtempSync(join(values.dir, 'onnx-surgeon-bench-'));
  const bench = new Bench(folder, Number(values.rounds));
  try {
    const needed = values.large ? 20e9 : 6e9;
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < needed) throw new Error(`${folder} has less than ${needed / 1e9} GB of free space`);
    await bench.singleFile(7);
    await bench.manyNodes();
    if (values.large) {
      await bench.singleFile(11);
      await bench.singleFile(24);
      await bench.externalData(29);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return bench.holds;
}

class Bench {
  holds = true;
  readonly #folder: string;
  readonly #rounds: number;
  readonly #hasOnnx = spawnSync(PYTHON, ['-c', 'import onnx']).status === 0;

  constructor(folder: string, rounds: number) {
    this.#folder = folder;
    this.#rounds = rounds;
  }

  /** A model in one file: copied whole with one name changed, and laid over. */
  async singleFile(layers: number): Promise<void> {
    const path = join(this.#folder, 'model.onnx');
    const output = join(this.#folder, 'edited.onnx');
    const copy = join(this.#folder, 'copy.onnx');
    await writeTransformer(path, layers);
    const { size } = statSync(path);
    console.log(`\none file of ${(size / 1e9).toFixed(2)} GB`);
    const runs = this.#alternate(
      {
        cp: () => timed('cp', [path, copy]),
        'cp, flushed': () => timed('sh', ['-c', 'cp "$0" "$1" && sync "$1"', path, copy]),
        'rename a node': () => edit(path, output),
      },
      [copy, output],
    );
    const [cp, flushed, rename] = runs as [Measured, Measured, Measured];
    this.#bound('rename / cp', rename.seconds / cp.seconds, MOST.ratioToCopy);
    console.log(`  rename / cp, flushed          ${(rename.seconds / flushed.seconds).toFixed(2)}`);
    this.#bound('memory in MB', rename.megabytes as number, MOST.megabytes);
    // Protobuf, and so Python, ends at 2 GiB.
    if (this.#hasOnnx && size < 2 ** 31) this.#sameAsOnnx(path, output);
    rmSync(copy, { force: true });
    rmSync(output, { force: true });
    const [overlay] = this.#alternate({ 'rename, overlay': () => edit(path, output, { overlay: true }) }, [output]);
    this.#bound('overlay in seconds', (overlay as Measured).seconds, MOST.overlaySeconds);
    rmSync(output, { force: true });
    rmSync(path);
  }

  /** A model with its weights in another file. */
  async externalData(layers: number): Promise<void> {
    const path = join(this.#folder, 'external.onnx');
    const output = join(this.#folder, 'edited.onnx');
    await writeTransformer(path, layers, { external: { split: 1e12 } });
    const { size } = statSync(`${path}.data`);
    console.log(`\nexternal data of ${(size / 1e9).toFixed(2)} GB`);
    const [rename] = this.#alternate({ 'rename a node': () => edit(path, output) }, [output]) as [Measured];
    this.#bound('seconds', rename.seconds, MOST.externalSeconds);
    this.#bound('memory in MB', rename.megabytes as number, MOST.megabytes);
    if (this.#hasOnnx) this.#sameAsOnnx(path, output);
    for (const file of [path, output, `${path}.data`]) rmSync(file);
  }

  /** A graph of 100,000 nodes, against Python's onnx; without the start of either interpreter. */
  async manyNodes(): Promise<void> {
    const path = join(this.#folder, 'nodes.onnx');
    const output = join(this.#folder, 'edited.onnx');
    writeFileSync(path, await unrolledModel(100_000));
    console.log('\n100,000 nodes: load, rename, save');
    const own = { 'onnx-surgeon': () => inner(edit(path, output)) };
    const python = () => inner({ ...parse(execFileSync(PYTHON, ['-c', RENAME, path, output], { encoding: 'utf8' })) });
    const [ours, theirs] = this.#alternate(this.#hasOnnx ? { ...own, onnx: python } : own, [output]);
    if (theirs === undefined) console.log(`  not compared with onnx: ${PYTHON} does not have it`);
    else this.#bound('onnx-surgeon / onnx', (ours as Measured).seconds / theirs.seconds, MOST.ratioToOnnx);
    for (const file of [path, output]) rmSync(file);
  }

  /** Runs all in turn, a warm-up and then the rounds. @returns medians */
  #alternate(acts: Readonly<Record<string, () => Measured>>, outputs: readonly string[]): Measured[] {
    const results = Object.keys(acts).map((): Measured[] => []);
    for (let round = 0; round <= this.#rounds; round++) {
      Object.values(acts).forEach((act, i) => {
        for (const output of outputs) rmSync(output, { force: true });
        const measured = act();
        if (round > 0) results[i]?.push(measured);
      });
    }
    return Object.keys(acts).map((name, i) => {
      const sorted = (results[i] as Measured[]).toSorted((a, b) => a.seconds - b.seconds);
      const median = sorted[sorted.length >> 1] as Measured;
      const memory = median.megabytes === undefined ? '' : `  ${median.megabytes.toFixed(0)} MB`;
      const range = `[${sorted[0]?.seconds.toFixed(3)} .. ${sorted.at(-1)?.seconds.toFixed(3)}]`;
      console.log(`  ${name.padEnd(18)} ${median.seconds.toFixed(3)} s  ${range}${memory}`);
      return median;
    });
  }

  #bound(what: string, value: number, most: number): void {
    const verdict = value <= most ? 'ok' : 'TOO MUCH';
    if (value > most) this.holds = false;
    console.log(`  ${what.padEnd(28)}  ${value.toFixed(2)}  (at most ${most}: ${verdict})`);
  }

  #sameAsOnnx(path: string, output: string): void {
    const reference = join(this.#folder, 'python.onnx');
    execFileSync(PYTHON, ['-c', RENAME, path, reference]);
    const same = spawnSync('cmp', ['-s', reference, output]).status === 0;
    if (!same) this.holds = false;
    console.log(`  ${same ? 'the same bytes as' : 'NOT THE SAME BYTES AS'} onnx writes`);
    rmSync(reference);
  }
}

/** Renames a node in a process of its own. */
function edit(path: string, output: string, options: object = {}): Measured & { readonly inner: number } {
  const script = fileURLToPath(new URL('edit-once.js', import.meta.url));
  const start = performance.now();
  const text = execFileSync(process.execPath, [script, path, output, JSON.stringify(options)], { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  const { ms, megabytes } = JSON.parse(text) as { ms: number; megabytes: number };
  return { seconds, megabytes, inner: ms / 1000 };
}

/** Without the start of the process. */
function inner({ inner: seconds, megabytes }: { readonly inner: number; readonly megabytes?: number }): Measured {
  return megabytes === undefined ? { seconds } : { seconds, megabytes };
}

function parse(text: string): { readonly inner: number } {
  return { inner: (JSON.parse(text) as { ms: number }).ms / 1000 };
}

function timed(command: string, args: readonly string[]): Measured {
  const start = performance.now();
  execFileSync(command, args);
  return { seconds: (performance.now() - start) / 1000 };
}
