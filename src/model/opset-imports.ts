import type { Composer } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import { OperatorSetField } from '../format/schema.js';
import { decodeText } from '../format/text.js';
import type { Place } from './document-part.js';

interface Import {
  readonly domain: string;
  /** As written in the file: '' and 'ai.onnx' are the same domain. */
  readonly spelling: string | undefined;
  readonly version: number;
  readonly place: Place | undefined;
}

/** '' for the default domain, however it is spelled. */
export function normalizeDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** The operator sets that a model or function imports: domain ('' is ai.onnx) to version. */
export class OpsetImports implements Iterable<[domain: string, version: number]> {
  #imports: Import[];
  readonly #touch: () => void;
  #modified = false;

  /** @internal */
  constructor(places: readonly Place[], touch: () => void) {
    this.#imports = places.map(readImport);
    this.#touch = touch;
  }

  /** Was it edited? */
  get isModified(): boolean {
    return this.#modified;
  }

  get size(): number {
    return this.#imports.length;
  }

  /** The version imported of a domain; of two entries the last counts. */
  get(domain: string): number | undefined {
    const wanted = normalizeDomain(domain);
    return this.#imports.findLast((entry) => entry.domain === wanted)?.version;
  }

  has(domain: string): boolean {
    return this.get(domain) !== undefined;
  }

  set(domain: string, version: number): this {
    const wanted = normalizeDomain(domain);
    const index = this.#imports.findLastIndex((entry) => entry.domain === wanted);
    const old = this.#imports[index];
    if (old?.version === version) return this;
    const entry = { domain: wanted, spelling: old ? old.spelling : domain, version, place: undefined };
    if (old === undefined) this.#imports.push(entry);
    else this.#imports[index] = entry;
    this.#modified = true;
    this.#touch();
    return this;
  }

  delete(domain: string): boolean {
    const wanted = normalizeDomain(domain);
    const rest = this.#imports.filter((entry) => entry.domain !== wanted);
    if (rest.length === this.#imports.length) return false;
    this.#imports = rest;
    this.#modified = true;
    this.#touch();
    return true;
  }

  *[Symbol.iterator](): IterableIterator<[string, number]> {
    for (const { domain, version } of this.#imports) yield [domain, version];
  }

  /** @internal */
  _write(out: Composer, number: number): void {
    for (const { spelling, version, place } of this.#imports) {
      if (place) out.range(place.skeleton, place.fieldStart, place.end);
      else {
        out.message(number, (inner) => {
          if (spelling !== undefined) inner.string(OperatorSetField.domain, spelling);
          inner.int(OperatorSetField.version, version);
        });
      }
    }
  }
}

function readImport(place: Place): Import {
  let spelling: string | undefined;
  let version = 0;
  const field = new FieldReader(place.skeleton, place.start, place.end);
  while (field.next()) {
    if (field.number === OperatorSetField.domain && field.isBytes) {
      spelling = decodeText(place.skeleton.bytes, field.start, field.end);
    } else if (field.number === OperatorSetField.version && field.isVarint) version = field.int();
  }
  return { domain: normalizeDomain(spelling ?? ''), spelling, version, place };
}
