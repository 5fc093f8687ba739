/**
 * Feeds mutated models to the reader until a number of them went through: `npm run fuzz -- [count] [seed]`. Fails on
 * anything but a clean read or a refusal in words, on an input that takes over a second, on more than 300 MB of memory.
 * What it finds goes to `test/fuzz/corpus/`, where it stays as a test.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exercise } from './exercise.js';
import { mutate, Random } from './mutate.js';
import { seeds } from './seeds.js';

const MAX_MS = 1000;
const MAX_RSS = 300e6;

const count = Number(process.argv[2] ?? 200_000);
const seed = Number(process.argv[3] ?? 1);
const corpus = join(process.cwd(), 'test/fuzz/corpus');
const known = seeds();
const random = new Random(seed);
const totals = { read: 0, refused: 0 };
let findings = 0;
let slowest = 0;
let rss = 0;

for (let i = 0; i < count; i++) {
  const input = mutate(known, random);
  const start = performance.now();
  let problem: string | undefined;
  try {
    totals[await exercise(input)]++;
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = performance.now() - start;
  slowest = Math.max(slowest, took);
  if (took > MAX_MS) problem ??= `took ${took.toFixed(0)} ms`;
  if (i % 100 === 0) {
    const now = process.memoryUsage.rss();
    if (now > MAX_RSS && rss <= MAX_RSS) problem ??= `memory grew to ${(now / 1e6).toFixed(0)} MB`;
    rss = Math.max(rss, now);
  }
  if (problem !== undefined) {
    findings++;
    mkdirSync(corpus, { recursive: true });
    const name = `seed-${seed}-input-${i}.bin`;
    writeFileSync(join(corpus, name), input);
    console.error(`${name} (${input.length} bytes): ${problem}`);
    if (findings >= 20) break;
  }
  if ((i + 1) % 20_000 === 0) console.log(`${i + 1} inputs, ${totals.read} read, ${totals.refused} refused`);
}
console.log(
  `${totals.read + totals.refused + findings} inputs: ${totals.read} read, ${totals.refused} refused, ${findings} findings; ` +
    `slowest ${slowest.toFixed(0)} ms, memory at most ${(rss / 1e6).toFixed(0)} MB`,
);
process.exitCode = findings > 0 ? 1 : 0;
