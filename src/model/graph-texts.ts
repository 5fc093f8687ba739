import { FieldReader } from '../format/field-reader.js';
import { decodeText } from '../format/text.js';
import { type Place, placeOf } from './document-part.js';
import type { Graph } from './graph.js';
import { Metadata } from './metadata.js';

/** A graph's name and description, found without reading its nodes. */
export function readTexts(graph: Graph): { name: string; docString: string } {
  const texts = { name: '', docString: '' };
  const { _skeleton: skeleton, _layout: layout } = graph;
  for (const field of fields(graph)) {
    if (!field.isBytes || skeleton === undefined) continue;
    if (field.number === layout.name) texts.name = decodeText(skeleton.bytes, field.start, field.end);
    else if (field.number === layout.docString) texts.docString = decodeText(skeleton.bytes, field.start, field.end);
  }
  return texts;
}

/** A graph's metadata properties. */
export function readMetadata(graph: Graph): Metadata {
  const number = graph._layout.metadata;
  const places: Place[] = [];
  for (const field of fields(graph)) if (field.number === number && field.isBytes) places.push(placeOf(field));
  const metadata: Metadata = new Metadata(places, () => {
    graph._replaced.set(number, (out) => metadata._write(out, number));
    graph._touch();
  });
  return metadata;
}

function* fields(graph: Graph): Generator<FieldReader> {
  if (graph._skeleton === undefined) return;
  for (const span of graph._spans) {
    const field = new FieldReader(graph._skeleton, span.start, span.end);
    while (field.next()) yield field;
  }
}
