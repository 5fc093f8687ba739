import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type DataSetResult, readDataSets, runDataSets } from '../src/verify/data-sets.js';
import { Runtime } from '../src/verify/runtime.js';
import { cli } from './cli/harness.js';
import { tempDir } from './support/temp-dir.js';

/** What the tests read of a `case.json`. */
interface Case {
  /** `repair`: broken, and right afterwards; `unchanged`: healthy; `refuse`: broken beyond repair. */
  readonly expect: 'repair' | 'unchanged' | 'refuse';
  /** Arguments before the model; `{case}` stands for the fixture's folder. */
  readonly command: readonly string[];
  readonly rtol: number;
  readonly atol: number;
  /** Data sets that the repair has to satisfy, where they are not all. */
  readonly only_sets?: readonly number[];
}

const root = join(import.meta.dirname, '../fixtures');
const cases = readdirSync(root)
  .filter((name) => existsSync(join(root, name, 'case.json')))
  .map((name) => ({ name, meta: JSON.parse(readFileSync(join(root, name, 'case.json'), 'utf8')) as Case }));
const named = (expected: Case['expect']) => cases.filter(({ meta }) => meta.expect === expected);

const folder = tempDir();
const runtime = new Runtime();
afterAll(() => runtime.close());

const modelOf = (name: string) => join(root, name, 'model.onnx');

function repair(name: string, { command }: Case, input: string, output: string) {
  const [first, ...rest] = command.map((arg) => arg.replaceAll('{case}', join(root, name)));
  return cli(first as string, ...rest, input, '-o', output);
}

async function golden(name: string, { rtol, atol, only_sets }: Case, model: string): Promise<DataSetResult[]> {
  const sets = await readDataSets(join(root, name));
  const wanted = sets.filter((set) => only_sets?.includes(Number(set.name.split('_').at(-1))) ?? true);
  return runDataSets(model, wanted, { runtime, rtol, atol });
}

describe.each(named('repair'))('$name', ({ name, meta }) => {
  const output = join(folder, `${name}.onnx`);

  it('is broken, and right after the repair', async () => {
    expect((await golden(name, meta, modelOf(name))).some(({ ok }) => !ok)).toBe(true);
    const { status, err } = await repair(name, meta, modelOf(name), output);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const failed = (await golden(name, meta, output)).filter(({ ok }) => !ok);
    expect(failed).toEqual([]);
  });

  it('is not changed again', async () => {
    const again = join(folder, `${name}.again.onnx`);
    const { status, out } = await repair(name, meta, output, again);
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('nothing to repair') });
    expect(readFileSync(again).equals(readFileSync(output))).toBe(true);
  });
});

describe('healthy models', () => {
  it.each(named('unchanged'))('$name stays as it is, to the byte', async ({ name, meta }) => {
    const output = join(folder, name, 'model.onnx');
    const { status, err } = await cli(...meta.command, modelOf(name), '--out-dir', join(folder, name));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(readFileSync(output).equals(readFileSync(modelOf(name)))).toBe(true);
    expect((await golden(name, meta, output)).filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('models beyond repair', () => {
  for (const { name, meta } of named('refuse')) {
    it(`${name} is refused`, async () => {
      const output = join(folder, `${name}.onnx`);
      const { status, err } = await repair(name, meta, modelOf(name), output);
      expect(status).toBe(1);
      expect(err).not.toBe('');
      expect(existsSync(output)).toBe(false);
    });
  }

  it('are among the fixtures next to those to repair and healthy ones', () => {
    expect(cases.length).toBe(named('repair').length + named('unchanged').length + named('refuse').length);
    expect(named('repair').length).toBeGreaterThan(15);
    expect(named('unchanged').length).toBeGreaterThan(15);
  });
});
