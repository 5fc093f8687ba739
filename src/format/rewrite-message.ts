import type { Composer } from './composer.js';
import { FieldReader } from './field-reader.js';
import type { MessageSchema } from './schema.js';
import type { Skeleton } from './skeleton.js';

/** A run of a message's content. Usually one; a singular message that a file gives in parts has several, to be merged. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Writes one field (all occurrences of its number); writing nothing removes it. */
export type FieldWriter = (out: Composer) => void;

/**
 * Writes a message again with some of its fields replaced: known fields in the order of their numbers, then unknown ones,
 * as protobuf's own serialisers do. Fields that are not replaced keep their bytes.
 */
export function rewriteMessage(
  out: Composer,
  schema: MessageSchema,
  skeleton: Skeleton | undefined,
  spans: readonly Span[],
  replaced: ReadonlyMap<number, FieldWriter>,
): void {
  const kept: { rank: number; start: number; end: number }[] = [];
  for (const span of skeleton ? spans : []) {
    const field = new FieldReader(skeleton as Skeleton, span.start, span.end);
    while (field.next()) {
      if (replaced.has(field.number)) continue;
      const rank = schema.known.has(field.number) ? field.number : Number.POSITIVE_INFINITY;
      kept.push({ rank, start: field.fieldStart, end: field.end });
    }
  }
  kept.sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank));
  const writers = [...replaced].sort(([a], [b]) => a - b);
  let w = 0;
  for (const { rank, start, end } of kept) {
    for (; w < writers.length && (writers[w]?.[0] as number) < rank; w++) writers[w]?.[1](out);
    out.range(skeleton as Skeleton, start, end);
  }
  for (; w < writers.length; w++) writers[w]?.[1](out);
}
