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

/** What came of the rounds of one competitor. */
interface Runs {
  /** The quickest. */
  readonly least: Measured;
  /** The most memory that any took. */
  readonly megabytes: number;
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
    const [cp, rename] = this.#alternate(
      { cp: () => timed('cp', [path, copy]), 'rename a node': () => edit(path, output) },
      [copy, output],
    ) as [Runs, Runs];
    this.#bound('rename / cp, least of each', rename.least.seconds / cp.least.seconds, MOST.ratioToCopy);
    this.#bound('memory in MB', rename.megabytes, MOST.megabytes);
    rmSync(copy, { force: true });
    this.#sameButForTheName(path, output);
    // Protobuf, and so Python, ends at 2 GiB.
    if (this.#hasOnnx && size < 2 ** 31) this.#sameAsOnnx(path, output);
    rmSync(output, { force: true });
    const [overlay] = this.#alternate({ 'rename, overlay': () => edit(path, output, { overlay: true }) }, [output]) as [
      Runs,
    ];
    this.#bound('overlay in seconds', overlay.least.seconds, MOST.overlaySeconds);
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
    const [rename] = this.#alternate({ 'rename a node': () => edit(path, output) }, [output]) as [Runs];
    this.#bound('seconds', rename.least.seconds, MOST.externalSeconds);
    this.#bound('memory in MB', rename.megabytes, MOST.megabytes);
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
    const reference = join(this.#folder, 'python.onnx');
    const python = () =>
      inner({ ...parse(execFileSync(PYTHON, ['-c', RENAME, path, reference], { encoding: 'utf8' })) });
    const [ours, theirs] = this.#alternate(this.#hasOnnx ? { ...own, onnx: python } : own, [output, reference]);
    if (theirs === undefined) console.log(`  not compared with onnx: ${PYTHON} does not have it`);
    else {
      const ratio = (ours as Runs).least.seconds / theirs.least.seconds;
      this.#bound('onnx-surgeon / onnx, least', ratio, MOST.ratioToOnnx);
      this.#sameAsOnnx(path, output);
    }
    for (const file of [path, output, reference]) rmSync(file, { force: true });
  }

  /**
   * Runs all in turn, a warm-up and then the rounds, each in another order: what a run leaves in the system's memory
   * decides how long the next one takes. What bounds compare is the least of each, the time without such mishaps.
   */
  #alternate(acts: Readonly<Record<string, () => Measured>>, outputs: readonly string[]): Runs[] {
    const names = Object.keys(acts);
    const results = new Map(names.map((name): [string, Measured[]] => [name, []]));
    for (let round = 0; round <= this.#rounds; round++) {
      for (let i = 0; i < names.length; i++) {
        const name = names[(round + i) % names.length] as string;
        for (const output of outputs) rmSync(output, { force: true });
        const measured = (acts[name] as () => Measured)();
        if (round > 0) results.get(name)?.push(measured);
      }
    }
    return names.map((name) => {
      const sorted = (results.get(name) as Measured[]).toSorted((a, b) => a.seconds - b.seconds);
      const [least, median] = [sorted[0] as Measured, sorted[sorted.length >> 1] as Measured];
      const megabytes = Math.max(...sorted.map((run) => run.megabytes ?? 0));
      const memory = megabytes === 0 ? '' : `  ${megabytes.toFixed(0)} MB`;
      console.log(
        `  ${name.padEnd(18)} least ${least.seconds.toFixed(3)} s, median ${median.seconds.toFixed(3)} s${memory}`,
      );
      return { least, megabytes };
    });
  }

  #bound(what: string, value: number, most: number): void {
    const verdict = value <= most ? 'ok' : 'TOO MUCH';
    if (value > most) this.holds = false;
    console.log(`  ${what.padEnd(28)}  ${value.toFixed(2)}  (at most ${most}: ${verdict})`);
  }

  /** Compares all bytes: with the model's, from where the new name is on, and all of them with the name changed back. */
  #sameButForTheName(path: string, output: string): void {
    edit(path, output);
    const back = join(this.#folder, 'back.onnx');
    edit(output, back);
    // Nodes come before weights in the file, the renamed one first.
    const start = 1 << 12;
    const shift = statSync(output).size - statSync(path).size;
    this.#same([`--ignore-initial=${start}:${start + shift}`, path, output], 'the weights of the model');
    this.#same([path, back], 'the model, with the name changed back');
    rmSync(back);
  }

  #sameAsOnnx(path: string, output: string): void {
    const reference = join(this.#folder, 'python.onnx');
    execFileSync(PYTHON, ['-c', RENAME, path, reference]);
    edit(path, output);
    this.#same([reference, output], 'what onnx writes');
    rmSync(reference);
  }

  #same(compared: readonly string[], what: string): void {
    const same = spawnSync('cmp', ['-s', ...compared]).status === 0;
    if (!same) this.holds = false;
    console.log(`  ${same ? 'the same bytes as' : 'NOT THE SAME BYTES AS'} ${what}`);
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
