import { readFileSync } from 'node:fs';
import { backendFiles, fixtureModels } from '../support/fixture-models.js';

/** Small models to begin with: of every kind that there is, so that every message occurs. */
export function seeds(maxBytes = 6000): Uint8Array[] {
  const fixtures = fixtureModels().map((path) => new Uint8Array(readFileSync(path)));
  const backend = [...backendFiles()].filter(([path]) => path.endsWith('.onnx')).map(([, file]) => file);
  return [...fixtures, ...backend.filter((_, i) => i % 5 === 0)].filter(({ length }) => length <= maxBytes);
}
