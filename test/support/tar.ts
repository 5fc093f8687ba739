import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The files of a `.tar.gz`, by path. */
export function readTarGz(path: string): Map<string, Uint8Array> {
  const archive = gunzipSync(readFileSync(path));
  const files = new Map<string, Uint8Array>();
  const text = (from: number, length: number) => archive.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  let longName: string | undefined;
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const kind = text(at + 156, 1);
    const body = at + 512;
    if (kind === 'L') longName = text(body, size);
    else {
      const prefix = text(at + 345, 155);
      const name = longName ?? (prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`);
      longName = undefined;
      if (kind === '0' || kind === '') files.set(name, archive.subarray(body, body + size));
    }
    at = body + Math.ceil(size / 512) * 512;
  }
  return files;
}
