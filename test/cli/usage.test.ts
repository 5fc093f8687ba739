import { copyFileSync, linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.js';
import { tempDir } from '../support/temp-dir.js';
import { cli } from './harness.js';

const folder = tempDir();
const at = (name: string) => join(folder, name);
const model = at('model.onnx');

beforeAll(() => {
  copyFileSync(join(import.meta.dirname, '../../fixtures/CONTROL_hann_window/model.onnx'), model);
  copyFileSync(model, at('other.onnx'));
  linkSync(model, at('hard.onnx'));
  symlinkSync(model, at('soft.onnx'));
  mkdirSync(at('dir'));
});

describe('help', () => {
  it('lists every command, and says the version', async () => {
    const { status, out } = await cli('--help');
    expect(status).toBe(0);
    for (const { name, positionals } of commands) expect(out).toContain(`${name} ${positionals}`);
    expect(await cli('--version')).toMatchObject({ status: 0, out: '0.1.0\n' });
  });

  it.each(commands.map((command) => [command]))('describes every option of $name', async ({ name, options }) => {
    const { status, out } = await cli(name, '--help');
    expect(status).toBe(0);
    for (const [option, { describe: text }] of Object.entries(options)) {
      expect(out).toContain(`--${option} `);
      expect(text).toBeTruthy();
    }
  });
});

describe('a wrong command line', () => {
  const cases: [argv: string[], sentence: RegExp][] = [
    [[], /a command is missing; 'onnx-surgeon --help' lists them/],
    [['fixx', model], /unknown command 'fixx'; did you mean 'fix'\?/],
    [['zebra'], /unknown command 'zebra'; 'onnx-surgeon --help' lists them/],
    [['fix'], /fix needs a model/],
    [['verify', model], /verify needs two models/],
    [['verify', model, model, 'third'], /unexpected argument 'third'/],
    [['fix', model, '--outptu', 'x'], /unknown option '--outptu'; did you mean '--output'\?/],
    [['fix', model, '--in-plac'], /unknown option '--in-plac'; did you mean '--in-place'\?/],
    [['inspect', model, '--in-place'], /unknown option '--in-place'; 'onnx-surgeon inspect --help' lists the options/],
    [['fix', model, '-z'], /unknown option '-z'/],
    [['fix', model, '-o'], /-o needs a value/],
    [['fix', model, '--output='], /--output needs a value/],
    [['fix', model, '-o', at('a.onnx'), '-o', at('b.onnx')], /--output is given 2 times/],
    [['fix', model, '-o', model], /is an input; use --in-place to replace it/],
    [['fix', model, '-o', at('dir/../model.onnx')], /is an input/],
    [['fix', model, '-o', at('hard.onnx')], /is an input/],
    [['fix', model, '-o', at('soft.onnx')], /is an input/],
    [['fix', model, '-o', at('dir')], /is a directory; name a file, or use --out-dir/],
    [['fix', model, '-o', at('none/out.onnx')], /none: no such directory/],
    [['fix', model, '-o', at('other.onnx/out.onnx')], /other.onnx is not a directory/],
    [['fix', model, '-o', '/dev/null'], /is not a regular file/],
    [['fix', model, '--in-place', '-o', at('a.onnx')], /--output and --in-place exclude each other/],
    [['fix', model, at('other.onnx'), '-o', at('a.onnx')], /--output takes one input, 2 are given; use --out-dir/],
    [['fix', model, '--out-dir', at('other.onnx')], /is not a directory/],
    [['fix', model, '--out-dir', folder], /is an input/],
    [['fix', model, model], /is given twice/],
    [['fix', model, at('dir/model.onnx'), '--out-dir', at('out')], /would both be written to/],
    [['fix', model, '--input-shape', 'x'], /with a colon/],
    [['fix', model, '--input-shape', 'x:1,-2,3'], /'-2' is not a size/],
    [['fix', model, '--input-shape', 'x:1,2'], /2 sizes are given, the input has 3 axes/],
    [['fix', model, '--input-shape', 'xx:1,2,3'], /no input of that name; did you mean 'x'\?/],
    [['fix', model, '--traced-shape', 'x:1,?,3'], /'\?' is not a number/],
    [['fix', model, '--sizes', 'T'], /write SYMBOL=N1,N2,\.\./],
    [['fix', model, '--sizes', 'T=1,x'], /'x' is not a whole number/],
    [['fix', model, '--max-length', 'x'], /--max-length must be a number, not 'x'/],
    [['fix', model, '--max-length', '0.5'], /--max-length must be a whole number/],
    [['verify', model, model, '--rtol', '-1'], /--rtol must be a number/],
  ];

  it.each(cases)('%j is refused in one sentence', async (argv, sentence) => {
    const before = readdirSync(folder);
    const { status, out, err } = await cli(...argv);
    expect(err).toMatch(sentence);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(readdirSync(folder)).toEqual(before);
  });
});
