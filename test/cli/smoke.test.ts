import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');
const model = join(root, 'fixtures/CONTROL_hann_window/model.onnx');
const folder = tempDir();

function start(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** URLs of the modules that a run loads. */
function loadedBy(...argv: string[]): string {
  const hooks = dataUrl(`
    import { writeSync } from 'node:fs';
    export function load(url, context, next) {
      writeSync(2, url + '\\n');
      return next(url, context);
    }`);
  const register = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`);
  return spawnSync(process.execPath, ['--import', register, main, ...argv], { encoding: 'utf8' }).stderr;
}

describe.runIf(existsSync(main))('the built program', () => {
  it('is executable, and knows its version', () => {
    expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(start('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('repairs nothing in a healthy model, and copies it', () => {
    const { status, stdout } = start('fix', model, '-o', 'out.onnx');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to repair') });
    expect(readFileSync(join(folder, 'out.onnx')).equals(readFileSync(model))).toBe(true);
    expect(readdirSync(folder)).toEqual(['out.onnx']);
  });

  it('compares models in a process of its own', () => {
    expect(start('verify', model, model)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('bit-identical'),
    });
  });

  it('refuses without a stack trace', () => {
    expect(start('inspect', 'missing.onnx')).toEqual({
      status: 3,
      stdout: '',
      stderr: 'onnx-surgeon: missing.onnx: no such file\n',
    });
  });

  it.each([['--help'], ['--version'], ['fix', '--help'], ['fix']])(
    'starts without the runtime and the codec: %s',
    (...argv) => {
      const loaded = loadedBy(...argv);
      expect(loaded).toMatch(/yargs/);
      expect(loaded).not.toMatch(/node_modules\/(onnxruntime|protobufjs)|dist\/(model|format|passes|verify)\//);
    },
  );

  it('bears a reader that goes away', async () => {
    const child = spawn(process.execPath, [main, 'inspect', ...new Array(300).fill(model)], { cwd: folder });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.once('exit', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
