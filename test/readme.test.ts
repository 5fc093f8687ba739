import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { commands } from '../src/cli/commands/index.js';
import * as api from '../src/index.js';
import * as verifyApi from '../src/verify/index.js';
import { tempDir } from './support/temp-dir.js';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = tempDir();

/** The code blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n(.*?)^```/gms)].flatMap(([, name, code = '']) =>
    name === language ? code : [],
  );
}

const modules: Readonly<Record<string, object>> = { 'onnx-surgeon': api, 'onnx-surgeon/verify': verifyApi };

/** Runs an example: its imports are taken from the sources. */
async function runExample(code: string): Promise<void> {
  const body = code.replace(
    /^import (\{.*?\}) from '(.*?)';$/gm,
    (_, names, from) => `const ${names} = modules['${from}'];`,
  );
  const AsyncFunction = Object.getPrototypeOf(runExample).constructor as FunctionConstructor;
  await new AsyncFunction('modules', body)(modules);
}

describe('README', () => {
  it('has an example of programmatic use that runs', async () => {
    const [example, ...others] = blocks('js');
    expect(others).toEqual([]);
    const logged: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...words) => {
      logged.push(words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '));
    });
    const home = process.cwd();
    mkdirSync(join(folder, 'work'));
    symlinkSync(join(root, 'fixtures'), join(folder, 'work', 'fixtures'));
    process.chdir(join(folder, 'work'));
    try {
      await runExample(example as string);
    } finally {
      process.chdir(home);
      log.mockRestore();
    }
    expect(logged[0]).toMatch(/Where .*: .*constant bool\[1,1,1,1000\] -> /);
    expect(logged.at(-1)).toBe('identical [1,4627,8]');
  });

  it('lists the commands and every option that they have', () => {
    for (const { name, positionals, options } of commands) {
      expect(readme).toContain(`\`${`${name} ${positionals}`.trim()}\``);
      for (const option of Object.keys(options)) expect(readme).toMatch(new RegExp(`\`(-\\w\`, \`)?--${option}\\b`));
    }
  });

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const commandsOf = blocks('sh').join('\n');
    for (const [, script] of commandsOf.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(script as string);
    expect(commandsOf.match(/npm ci/g)).toHaveLength(2);
  });
});
