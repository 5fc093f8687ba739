import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameTable } from '../../src/format/name-table.js';

describe('NameTable', () => {
  it('numbers equal names equally, wherever they come from', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 60 }), (names) => {
        const encoded = names.map((name) => new TextEncoder().encode(name));
        const file = Uint8Array.from(encoded.flatMap((bytes) => [...bytes]));
        const table = new NameTable(file);
        let at = 0;
        const ids = new Map<string, number>();
        encoded.forEach((bytes, i) => {
          const name = names[i] as string;
          const id = table.intern(at, at + bytes.length);
          at += bytes.length;
          expect(ids.get(name) ?? id).toBe(id);
          ids.set(name, id);
          expect(table.internText(name)).toBe(id);
          expect(table.find(name)).toBe(id);
          expect(table.text(id)).toBe(name);
        });
        expect(new Set(ids.values()).size).toBe(ids.size);
        expect(table.find('none of them')).toBeUndefined();
      }),
    );
  });

  it('stays right as it grows', () => {
    const table = new NameTable(new Uint8Array());
    const ids = Array.from({ length: 20_000 }, (_, i) => table.internText(`name ${i}`));
    expect(new Set(ids).size).toBe(20_000);
    expect(table.text(ids[12_345] as number)).toBe('name 12345');
    expect(table.find('name 777')).toBe(ids[777]);
    expect(table.internText('name 19999')).toBe(ids[19_999]);
  });
});
