import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scan } from '../../src/format/scan.js';
import { HOLE_THRESHOLD, type Skeleton } from '../../src/format/skeleton.js';
import { fixtureModels } from '../support/fixture-models.js';
import { asyncSource, FakeFile } from '../support/sources.js';
import { bytesOf, field, group, int, model } from '../support/wire.js';

/** The file put together again from the skeleton and the payloads. */
function reassemble(skeleton: Skeleton, file: Uint8Array): Uint8Array {
  const parts = [...skeleton.pieces(0, skeleton.bytes.length)].map((piece) =>
    piece instanceof Uint8Array ? piece : file.subarray(piece.offset, piece.offset + piece.length),
  );
  return Buffer.concat(parts);
}

const payload = (n: number) => new Array<number>(n).fill(7);
const tensor = (...content: (number[] | string)[]) => field(5, int(1, 4), int(2, 1), field(8, 'w'), ...content);

describe('scan', () => {
  it.each([1, 64, 1 << 16])(
    'keeps all but the payloads of every fixture (windows of %i bytes)',
    async (readAhead) => {
      const files = readAhead === 1 ? fixtureModels().slice(0, 6) : fixtureModels();
      for (const path of files) {
        const file = readFileSync(path);
        const skeleton = await scan(new FakeFile(file, readAhead));
        expect(Buffer.compare(reassemble(skeleton, file), file), path).toBe(0);
        for (const piece of skeleton.pieces(0, skeleton.bytes.length)) {
          if (!(piece instanceof Uint8Array)) expect(piece.length).toBeGreaterThanOrEqual(HOLE_THRESHOLD);
        }
      }
    },
    120_000,
  );

  it('reads a fraction of a file that is mostly payload, the same from asynchronous sources', async () => {
    const file = model(...Array.from({ length: 10 }, () => tensor(field(9, payload(100_000)))));
    const source = new FakeFile(file);
    const skeleton = await scan(source);
    expect(skeleton.bytes.length).toBeLessThan(400);
    expect(source.bytesRead).toBeLessThan(60_000);
    expect((await scan(asyncSource(file))).bytes).toEqual(skeleton.bytes);
  });

  it('maps positions to file offsets and back', async () => {
    const file = model(
      tensor(field(9, payload(5000))),
      tensor(field(9, payload(HOLE_THRESHOLD - 1))),
      field(2, 'name'),
    );
    const skeleton = await scan(new FakeFile(file));
    for (let position = 0; position < skeleton.bytes.length; position++) {
      expect(file[skeleton.toSource(position)]).toBe(skeleton.bytes[position]);
    }
    expect(skeleton.toSource(skeleton.bytes.length)).toBe(file.length);
  });

  it('leaves only elements of tensors and long strings of attributes in the file', async () => {
    const long = payload(3000);
    const file = bytesOf(
      field(6, long), // doc_string
      field(99, long), // unknown
      group(98, field(9, long)),
      field(7, field(1, field(5, field(1, 'a'), field(4, long))), tensor(field(4, long)), tensor(field(8, long))),
    );
    const skeleton = await scan(new FakeFile(file));
    const holes = [...skeleton.pieces(0, skeleton.bytes.length)].filter((piece) => !(piece instanceof Uint8Array));
    expect(holes.map(({ length }) => length)).toEqual([3000, 3000]);
    expect(Buffer.compare(reassemble(skeleton, file), Buffer.from(file))).toBe(0);
  });

  it.each<[string, Uint8Array, string]>([
    ['a file cut within a payload', model(tensor(field(9, payload(5000)))).subarray(0, 3000), 'beyond the end'],
    [
      'a payload longer than its tensor',
      bytesOf(field(7, [0x2a, 0x90, 0x10, 0x4a, 0xff, 0x3f, ...payload(2062)])),
      'beyond the end',
    ],
    ['a varint without end', bytesOf(field(6, payload(3000)), [0x08, 0x80]), 'ends within a varint'],
    ['groups without end', new Uint8Array(4000).fill(0x0b), 'too deeply'],
    ['the end of a group that is not open', bytesOf([0x0c], field(6, payload(3000))), 'not open'],
    ['wire type 7', bytesOf(field(6, payload(3000)), [0x0f]), 'wire type 7'],
  ])('refuses %s', async (_, file, sentence) => {
    await expect(scan(new FakeFile(file))).rejects.toThrow(sentence);
  });

  it('refuses messages nested beyond all reason without recursing', async () => {
    let graph: number[] = payload(HOLE_THRESHOLD);
    for (let i = 0; i < 60; i++) graph = field(1, field(5, field(6, graph)));
    await expect(scan(new FakeFile(bytesOf(field(7, graph))))).rejects.toThrow('deep');
  });
});
