import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTarGz } from './tar.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const BACKEND = fileURLToPath(new URL('../data/backend-node-tests.tar.gz', import.meta.url));

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
