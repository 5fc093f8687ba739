import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/format/byte-source.js';
import { FormatError } from '../../../src/format/format-error.js';
import { FileSource } from '../../../src/format/node/file-source.js';
import { openFile } from '../../../src/format/node/open-file.js';
import { writeFileAtomically } from '../../../src/format/node/write-file.js';
import { asyncSource } from '../../support/sources.js';
import { tempDir } from '../../support/temp-dir.js';

const root = tempDir();
const folder = () => mkdtempSync(join(root, 'case-'));
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 9));

describe('writeFileAtomically', () => {
  it('puts chunks of all kinds together', async () => {
    const dir = folder();
    const big = bytes(5_000_000);
    writeFileSync(join(dir, 'big'), big);
    const file = new FileSource(join(dir, 'big'));
    const chunks = [
      Uint8Array.of(1, 2),
      { source: file, offset: 3, length: 4_000_000 },
      new Uint8Array(),
      { source: asyncSource(big), offset: 7, length: 1_500_000 },
      big.subarray(0, 3_000_000),
    ];
    const progress: number[] = [];
    await writeFileAtomically(join(dir, 'out'), chunks, { onProgress: (done) => progress.push(done) });
    const expected = Buffer.concat([
      Uint8Array.of(1, 2),
      big.subarray(3, 4_000_003),
      big.subarray(7, 1_500_007),
      big.subarray(0, 3_000_000),
    ]);
    expect(Buffer.compare(readFileSync(join(dir, 'out')), expected)).toBe(0);
    expect(progress.at(-1)).toBe(expected.length);
    await writeFileAtomically(join(dir, 'empty'), []);
    expect(statSync(join(dir, 'empty')).size).toBe(0);
    expect(readdirSync(dir).sort()).toEqual(['big', 'empty', 'out']);
    file.close();
  });

  it('replaces a file through links and keeps its permissions', async () => {
    const dir = folder();
    const target = join(dir, 'real');
    writeFileSync(target, 'old');
    chmodSync(target, 0o640);
    symlinkSync('real', join(dir, 'link'));
    await writeFileAtomically(join(dir, 'link'), [Uint8Array.of(110)]);
    expect(readFileSync(target, 'utf8')).toBe('n');
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir).sort()).toEqual(['link', 'real']);
  });

  it('may replace the file that it reads from', async () => {
    const dir = folder();
    const path = join(dir, 'f');
    writeFileSync(path, bytes(3_000_000));
    const source = new FileSource(path);
    await writeFileAtomically(path, [Uint8Array.of(9), { source, offset: 0, length: source.size }]);
    expect(statSync(path).size).toBe(3_000_001);
    expect(Buffer.compare(source.readSync(0, 3_000_000), bytes(3_000_000))).toBe(0);
    source.close();
  });

  it('leaves nothing behind and the old file whole when reading fails', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'f'), 'old');
    const broken: ByteSource = {
      name: 'broken',
      size: 100,
      readAhead: 1,
      read: async () => {
        throw new FormatError('broken', 'is broken');
      },
    };
    await expect(
      writeFileAtomically(join(dir, 'f'), [bytes(3_000_000), { source: broken, offset: 0, length: 9 }]),
    ).rejects.toThrow('is broken');
    expect(readdirSync(dir)).toEqual(['f']);
    expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('old');
  });

  it('fails when its source is closed meanwhile', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'big'), bytes(3_000_000));
    const source = new FileSource(join(dir, 'big'));
    const writing = writeFileAtomically(join(dir, 'f'), [{ source, offset: 0, length: source.size }]);
    source.close();
    await expect(writing).rejects.toThrow('is closed already');
    expect(readdirSync(dir)).toEqual(['big']);
  });

  it.skipIf(!existsSync('/dev/full'))('says so when the disk is full', async () => {
    const dir = folder();
    const { default: fs } = await import('node:fs');
    // A full disk at will: the temporary file's descriptor is that of /dev/full.
    const open = fs.openSync;
    const { syncBuiltinESMExports } = await import('node:module');
    fs.openSync = ((path: string, ...rest: [number | string]) =>
      String(path).endsWith('.tmp') ? open('/dev/full', 'w') : open(path, ...rest)) as typeof fs.openSync;
    syncBuiltinESMExports();
    try {
      await expect(writeFileAtomically(join(dir, 'f'), [bytes(3_000_000)])).rejects.toMatchObject({
        code: 'ENOSPC',
        path: join(dir, 'f'),
      });
    } finally {
      fs.openSync = open;
      syncBuiltinESMExports();
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it('names the target when it cannot be written', async () => {
    const dir = folder();
    mkdirSync(join(dir, 'taken'));
    const cases = [
      [join(dir, 'no/such/folder/f'), 'ENOENT'],
      [join(dir, 'taken'), 'EISDIR'],
      ['/proc/version/f', 'ENOTDIR'],
    ] as const;
    for (const [target, code] of cases) {
      await expect(writeFileAtomically(target, [Uint8Array.of(1)])).rejects.toMatchObject({ code, path: target });
    }
    expect(readdirSync(dir)).toEqual(['taken']);
  });

  it('stops when told to', async () => {
    const dir = folder();
    const stop = new AbortController();
    const writing = writeFileAtomically(join(dir, 'f'), [bytes(3_000_000)], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(writing).rejects.toThrow('enough');
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('openFile', () => {
  it('says what is wrong with a path', () => {
    const dir = folder();
    expect(() => openFile(join(dir, 'none'))).toThrow('none: does not exist');
    expect(() => openFile(join(dir, 'none', 'f'))).toThrow('does not exist');
    expect(() => openFile(dir)).toThrow('is a folder, not a file');
    expect(() => openFile('/dev/null')).toThrow('is not a file');
    expect(() => openFile(new URL(`file://${dir}/none`))).toThrow('does not exist');
  });

  it('reads large files where asked, and notices when they change', () => {
    const path = join(folder(), 'f');
    const content = bytes(17_000_000);
    writeFileSync(path, content);
    const source = openFile(path);
    expect(source.bytes).toBeUndefined();
    expect(source.size).toBe(content.length);
    expect(source.readSync?.(16_999_990, 10)).toEqual(content.slice(-10));
    expect(() => source.readSync?.(16_999_990, 11)).toThrow('needs 11 bytes, but the file ends at byte 17000000');
    expect(() => source.checkUnchanged?.()).not.toThrow();
    writeFileSync(path, 'short');
    expect(() => source.readSync?.(100, 10)).toThrow('was cut short');
    expect(() => source.checkUnchanged?.()).toThrow('was changed');
    source.close?.();
    expect(() => source.readSync?.(0, 1)).toThrow('is closed already');
  });
});
