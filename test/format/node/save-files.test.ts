import fs, { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../../src/format/node/save-files.js';
import { writeFileAtomically } from '../../../src/format/node/write-file.js';
import { tempDir } from '../../support/temp-dir.js';

const root = tempDir();
const folder = () => mkdtempSync(join(root, 'case-'));
const large = new Uint8Array(65 << 20).fill(7);

/** How often the disk is waited for. */
async function flushes(act: () => Promise<unknown>): Promise<number> {
  const { fsyncSync } = fs;
  let count = 0;
  fs.fsyncSync = (descriptor) => {
    count++;
    fsyncSync(descriptor);
  };
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  }
  return count;
}

describe('the disk is waited for', () => {
  it('unless somebody says otherwise', async () => {
    const path = join(folder(), 'f');
    expect(await flushes(() => writeFileAtomically(path, [large]))).toBeGreaterThan(0);
    expect(await flushes(() => writeFileAtomically(path, [large], { durable: false }))).toBe(0);
  });

  it('for small files', async () => {
    const path = join(folder(), 'f');
    expect(await flushes(() => writeFiles([{ path, chunks: [Uint8Array.of(1)] }]))).toBeGreaterThan(0);
  });

  it('for large files where something is replaced, the new ones beside it included', async () => {
    const dir = folder();
    const path = join(dir, 'model');
    const files = [
      { path: join(dir, 'data'), chunks: [large] },
      { path, chunks: [Uint8Array.of(1)] },
    ];
    writeFileSync(path, 'old');
    expect(await flushes(() => writeFiles(files))).toBeGreaterThanOrEqual(2);
    expect(readFileSync(path)).toEqual(Buffer.of(1));
  });

  it('not for large files that replace nothing', async () => {
    const path = join(folder(), 'f');
    expect(await flushes(() => writeFiles([{ path, chunks: [large] }]))).toBe(0);
    expect(Buffer.compare(readFileSync(path), large)).toBe(0);
  });
});
