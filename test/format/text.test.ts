import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../../src/format/text.js';

describe('text', () => {
  it('gives any bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(encodeText(decodeText(bytes, 0, bytes.length))).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('decodes valid UTF-8 as everybody does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const bytes = new TextEncoder().encode(text);
        expect(decodeText(bytes, 0, bytes.length)).toBe(text);
        expect(encodeText(text)).toEqual(bytes);
      }),
    );
  });

  it('keeps bad bytes apart: overlong forms, surrogates, cut sequences', () => {
    const cases = [
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xe2, 0x82],
      [0xf5, 0x80, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xff],
    ];
    const texts = cases.map((bytes) => decodeText(Uint8Array.from(bytes), 0, bytes.length));
    expect(new Set(texts).size).toBe(cases.length);
    expect(texts[5]).toBe('\udcff');
    expect(texts[2]).toBe('\udce2\udc82');
  });

  it('decodes a part of an array', () => {
    const bytes = new TextEncoder().encode('left|a middle of some length|right');
    expect(decodeText(bytes, 5, bytes.length - 6)).toBe('a middle of some length');
  });
});
