import type { Composer } from '../format/composer.js';
import { type FieldWriter, rewriteMessage } from '../format/rewrite-message.js';
import type { MessageSchema } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';

/** Where a message stands in the file: the field that holds it, and its content. */
export interface Place {
  readonly skeleton: Skeleton;
  /** Number of the field. */
  readonly number: number;
  /** Position of the field's tag. */
  readonly fieldStart: number;
  /** Position of the content. */
  readonly start: number;
  readonly end: number;
}

/** A message of the document that remembers its bytes in the file for as long as nobody changes it. */
export abstract class DocumentPart {
  /** @internal */
  readonly _place: Place | undefined;
  /** @internal What replaces fields of the original; undefined while nothing changed. */
  _replaced: Map<number, FieldWriter> | undefined;

  constructor(place: Place | undefined) {
    this._place = place;
    if (place === undefined) this._replaced = new Map();
  }

  /** @internal */
  protected abstract get _schema(): MessageSchema;

  /** @internal Replaces a field of the message. */
  _replace(number: number, writer: FieldWriter): void {
    this._replaced ??= new Map();
    this._replaced.set(number, writer);
  }

  /** @internal Writes the message as a field of its parent. */
  _writeField(out: Composer, number: number): void {
    const place = this._place;
    if (place?.number === number && this._isCopied(out)) out.range(place.skeleton, place.fieldStart, place.end);
    else out.message(number, (inner) => this._write(inner));
  }

  /** @internal Writes the message's content. */
  _write(out: Composer): void {
    const place = this._place;
    if (place !== undefined && this._isCopied(out)) out.range(place.skeleton, place.start, place.end);
    else rewriteMessage(out, this._schema, place?.skeleton, place ? [place] : [], this._fields(out));
  }

  /** @internal Is it to be written as it is in the file? */
  _isCopied(out: Composer): boolean {
    return this._replaced === undefined && out.mayCopy(this);
  }

  /** @internal The fields to write anew. */
  protected _fields(out: Composer): Map<number, FieldWriter> {
    return new Map([...(this._replaced ?? []), ...(out.rewrites?.fields.get(this) ?? [])]);
  }
}

/** The place of the field that a reader stands at. */
export function placeOf(field: {
  readonly skeleton: Skeleton;
  readonly number: number;
  readonly fieldStart: number;
  readonly start: number;
  readonly end: number;
}): Place {
  return {
    skeleton: field.skeleton,
    number: field.number,
    fieldStart: field.fieldStart,
    start: field.start,
    end: field.end,
  };
}
