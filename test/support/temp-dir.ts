import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is removed when the test file is done. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'onnx-surgeon-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
