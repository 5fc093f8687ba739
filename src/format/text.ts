/**
 * UTF-8 to string and back without loss. Names that are not valid UTF-8 do occur; each bad byte becomes a lone low
 * surrogate (U+DC80 + byte - 0x80, Python's "surrogateescape"), which {@link encodeText} turns back into that byte.
 */

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Decodes `bytes[start, end)`. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  // For short names a decoder's call costs more than the loop; for longer ones the loop makes too many strings.
  if (end - start < 10) {
    let text = '';
    let i = start;
    for (; i < end; i++) {
      const c = bytes[i] as number;
      if (c > 0x7f) break;
      text += String.fromCharCode(c);
    }
    if (i === end) return text;
  }
  const part = bytes.subarray(start, end);
  try {
    return STRICT.decode(part);
  } catch {
    return decodeEscaping(part);
  }
}

/** Encodes a string made by {@link decodeText} (or any other) as UTF-8. */
export function encodeText(text: string): Uint8Array {
  const { length } = text;
  if (length < 64) {
    const bytes = new Uint8Array(length);
    let i = 0;
    for (; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c > 0x7f) break;
      bytes[i] = c;
    }
    if (i === length) return bytes;
  }
  if (!LONE_SURROGATE.test(text)) return ENCODER.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const c = character.codePointAt(0) as number;
    if (c >= 0xdc80 && c <= 0xdcff) bytes.push(c - 0xdc00);
    else bytes.push(...ENCODER.encode(character));
  }
  return Uint8Array.from(bytes);
}

function decodeEscaping(bytes: Uint8Array): string {
  const parts: string[] = [];
  let i = 0;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) parts.push(String.fromCharCode(0xdc00 + (bytes[i++] as number)));
    else {
      parts.push(STRICT.decode(bytes.subarray(i, i + length)));
      i += length;
    }
  }
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at `i`, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i] as number;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  if (i + length > bytes.length) return 0;
  for (let k = 1; k < length; k++) if (((bytes[i + k] as number) & 0xc0) !== 0x80) return 0;
  const second = bytes[i + 1] as number;
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  return length;
}
