import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { field, float, group, int } from '../support/wire.js';
import { exercise } from './exercise.js';
import { mutate, Random } from './mutate.js';
import { seeds } from './seeds.js';

const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));
const found = existsSync(CORPUS) ? readdirSync(CORPUS).filter((name) => name.endsWith('.bin')) : [];

describe('hostile input', () => {
  it('is read or refused in words: mutated models', async () => {
    const known = seeds();
    const random = new Random(20_240);
    const verdicts = { read: 0, refused: 0 };
    for (let i = 0; i < 2000; i++) verdicts[await exercise(mutate(known, random))]++;
    // Both kinds occur: the mutations are neither harmless nor all fatal at the first byte.
    expect(verdicts.read).toBeGreaterThan(200);
    expect(verdicts.refused).toBeGreaterThan(200);
  }, 120_000);

  it('is read or refused in words: any structure of fields', async () => {
    const numbers = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 25, 26, 99);
    const { message } = fc.letrec<{ message: number[]; part: number[] }>((tie) => ({
      message: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.flat()),
      part: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.tuple(numbers, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })).map(([n, value]) => int(n, value)),
        fc.tuple(numbers, fc.float()).map(([n, value]) => float(n, value)),
        fc.tuple(numbers, fc.string({ unit: 'binary', maxLength: 12 })).map(([n, text]) => field(n, text)),
        fc.tuple(numbers, tie('message')).map(([n, inner]) => field(n, inner)),
        fc.tuple(numbers, tie('message')).map(([n, inner]) => field(n, inner)),
        fc.tuple(numbers, tie('message')).map(([n, inner]) => group(n, inner)),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(message, async (graph) => {
        await exercise(Uint8Array.from([...field(7, graph), ...graph]));
      }),
      { numRuns: 1000 },
    );
  }, 120_000);

  it.each(found)('that once did harm: %s', async (name) => {
    await expect(exercise(new Uint8Array(readFileSync(`${CORPUS}${name}`)))).resolves.toMatch(/^(read|refused)$/);
  });
});
