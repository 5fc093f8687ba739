import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { load } from '../../../src/model/load.js';
import { save } from '../../../src/model/save.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { emptyModel } from '../../support/build-model.js';
import { compileInto } from '../../support/compile.js';
import { tempDir } from '../../support/temp-dir.js';

const KILLS = 100;
/** Processes at a time, each with a model of its own. */
const LANES = 4;
const root = tempDir();
const weights = Uint8Array.from({ length: 6 << 20 }, (_, i) => i * 7 + (i >> 8));

/** Saves over its own input again and again, each time under another graph name; says when it has begun. */
const CHILD = `
import { FileSource } from './format/node/file-source.js';
import { load } from './model/load.js';
import { save } from './model/save.js';
const path = process.argv[2];
for (let i = 0; ; i++) {
  const model = await load(new FileSource(path));
  model.graph.name = 'version ' + i;
  if (i === 0) process.send('begun');
  await save(model, path);
  model.close();
}
`;

/** Deterministic numbers from 0 to 1. */
function* moments(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

beforeAll(async () => {
  compileInto(root, ['format', 'model', 'tensor']);
  writeFileSync(join(root, 'child.js'), CHILD);
}, 120_000);

/** Lets children save a model in a folder of their own and kills them. @returns how many were in the middle of a save */
async function killChildren(lane: number): Promise<number> {
  const folder = join(root, `lane ${lane}`);
  const path = join(folder, 'm.onnx');
  mkdirSync(folder);
  const fresh = await emptyModel();
  fresh.graph.addInitializer('w', { dtype: DataType.UINT8, shape: [weights.length], data: weights });
  await save(fresh, path);
  const moment = moments(lane);
  let interrupted = 0;
  for (let i = 0; i < KILLS / LANES; i++) {
    const child = spawn(process.execPath, [join(root, 'child.js'), path], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    await new Promise((resolve) => setTimeout(resolve, moment.next().value * 60));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const model = await load(path);
    expect(model.graph.name).toMatch(/^(g|version \d+)$/);
    const data = model.graph.value('w')?.initializer?.dense().data as Uint8Array;
    expect(Buffer.compare(data, weights)).toBe(0);
    model.close();
    for (const name of readdirSync(folder)) {
      if (name === 'm.onnx') continue;
      expect(name).toMatch(/^\.m\.onnx\.\d+\.[0-9a-f]{8}\.tmp$/);
      interrupted++;
      rmSync(join(folder, name));
    }
  }
  return interrupted;
}

describe('a process killed while it saves', () => {
  it(`leaves the old model or the new one, ${KILLS} times`, async () => {
    const interrupted = await Promise.all(Array.from({ length: LANES }, (_, lane) => killChildren(lane)));
    // The kills do hit saves: otherwise this says nothing.
    expect(interrupted.reduce((sum, count) => sum + count)).toBeGreaterThan(KILLS / 4);
  }, 180_000);
});
