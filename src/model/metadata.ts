import type { Composer } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import { EntryField } from '../format/schema.js';
import { decodeText } from '../format/text.js';
import type { Place } from './document-part.js';

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly place: Place | undefined;
}

/** Reads a `StringStringEntryProto`. */
export function readEntry(place: Place): { key: string; value: string } {
  let key = '';
  let value = '';
  const { bytes } = place.skeleton;
  const field = new FieldReader(place.skeleton, place.start, place.end);
  while (field.next()) {
    if (!field.isBytes) continue;
    if (field.number === EntryField.key) key = decodeText(bytes, field.start, field.end);
    else if (field.number === EntryField.value) value = decodeText(bytes, field.start, field.end);
  }
  return { key, value };
}

/**
 * Metadata properties, in file order. Keys that occur twice in a file stay so until they are edited; reading gives the
 * last one.
 */
export class Metadata implements Iterable<[key: string, value: string]> {
  #entries: Entry[];
  readonly #touch: () => void;

  /** @internal */
  constructor(places: readonly Place[], touch: () => void) {
    this.#entries = places.map((place) => ({ ...readEntry(place), place }));
    this.#touch = touch;
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.length;
  }

  get(key: string): string | undefined {
    return this.#entries.findLast((entry) => entry.key === key)?.value;
  }

  has(key: string): boolean {
    return this.#entries.some((entry) => entry.key === key);
  }

  /** Sets a property, in place where it exists (the first of several, dropping the others), else at the end. */
  set(key: string, value: string): this {
    const index = this.#entries.findIndex((entry) => entry.key === key);
    const entry: Entry = { key, value, place: undefined };
    if (index < 0) this.#entries.push(entry);
    else {
      const same = this.#entries.filter((other) => other.key === key);
      if (same.length === 1 && same[0]?.value === value) return this;
      this.#entries[index] = entry;
      this.#entries = this.#entries.filter((other) => other === entry || other.key !== key);
    }
    this.#touch();
    return this;
  }

  delete(key: string): boolean {
    const rest = this.#entries.filter((entry) => entry.key !== key);
    if (rest.length === this.#entries.length) return false;
    this.#entries = rest;
    this.#touch();
    return true;
  }

  *keys(): IterableIterator<string> {
    for (const { key } of this.#entries) yield key;
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const { key, value } of this.#entries) yield [key, value];
  }

  /** @internal */
  _write(out: Composer, number: number): void {
    for (const { key, value, place } of this.#entries) {
      if (place) out.range(place.skeleton, place.fieldStart, place.end);
      else {
        out.message(number, (inner) => {
          inner.string(EntryField.key, key);
          inner.string(EntryField.value, value);
        });
      }
    }
  }
}
