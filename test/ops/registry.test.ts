import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allOps, lookupOp } from '../../src/ops/registry.js';
import type { OpDefinition } from '../../src/ops/types.js';

describe('the registry', () => {
  test('ai.onnx is the empty domain', () => {
    expect(lookupOp('ai.onnx', 'Add')).toBe(lookupOp('', 'Add'));
    expect(lookupOp('', 'Add')?.name).toBe('Add');
  });

  test('an operator that nobody defined is undefined, also in a known domain', () => {
    expect(lookupOp('', 'Frobnicate')).toBeUndefined();
    expect(lookupOp('com.example', 'Add')).toBeUndefined();
  });

  test('every family is in it', async () => {
    const folder = new URL('../../src/ops/families/', import.meta.url);
    const known = new Set(allOps());
    const missing: string[] = [];
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
      const family = (await import(new URL(file, folder).href)) as { definitions?: readonly OpDefinition[] };
      if (family.definitions?.some((definition) => !known.has(definition)) ?? true) missing.push(file);
    }
    expect(missing).toEqual([]);
  });

  test('every operator has a shape rule', () => {
    expect(allOps().filter(({ infer }) => infer === undefined)).toEqual([]);
  });
});
