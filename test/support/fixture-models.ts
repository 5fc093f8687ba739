import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTarGz } from './tar.js';

// Compiled tools that use this lie elsewhere, but below the project too.
const ROOT = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();
const FIXTURES = join(ROOT, 'fixtures/');
const BACKEND = join(ROOT, 'test/data/backend-node-tests.tar.gz');

/** Paths of all models in `fixtures/`. */
export function fixtureModels(): string[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => `${FIXTURES}${name}`);
}

/** Path of a file in `fixtures/`. */
export function fixture(name: string): string {
  return `${FIXTURES}${name}`;
}

/** The files of onnx's own node tests, by path. */
export function backendFiles(): Map<string, Uint8Array> {
  return readTarGz(BACKEND);
}
