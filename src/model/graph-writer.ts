import type { Composer } from '../format/composer.js';
import { type FieldWriter, rewriteMessage } from '../format/rewrite-message.js';
import { FunctionField, GraphField } from '../format/schema.js';
import type { Graph } from './graph.js';
import type { Value } from './value.js';
import type { ValueInfo } from './value-info.js';

/** Writes a graph's content: ranges of the file for all that is as it was. */
export function writeGraph(graph: Graph, out: Composer): void {
  const { _layout: layout, _skeleton: skeleton, _spans: spans } = graph;
  if (skeleton !== undefined && graph._isCopied(out)) {
    for (const span of spans) out.range(skeleton, span.start, span.end);
    return;
  }
  const replaced = new Map<number, FieldWriter>(graph._replaced);
  if (graph._isListed) {
    replaced.set(layout.node, () => {
      for (const node of graph.nodes) node._writeField(out, layout.node);
    });
  }
  if (graph._isLoaded) replaceEnds(graph, out, replaced);
  rewriteMessage(out, layout.schema, skeleton, spans, replaced);
}

/** All that takes reading the whole graph before it can be changed. */
function replaceEnds(graph: Graph, out: Composer, replaced: Map<number, FieldWriter>): void {
  const { _layout: layout } = graph;
  replaced.set(layout.input, () => writeEnds(layout.input, graph._inputs, graph._inputInfos, out));
  replaced.set(layout.output, () => writeEnds(layout.output, graph._outputs, graph._outputInfos, out));
  replaced.set(layout.valueInfo, () => {
    for (const info of graph._valueInfos) info._writeField(out, layout.valueInfo);
  });
  if (layout.isFunction) {
    const imports = graph._function?.opsetImports;
    if (imports?.isModified)
      replaced.set(FunctionField.opsetImport, () => imports._write(out, FunctionField.opsetImport));
  } else {
    replaced.set(GraphField.initializer, () => {
      for (const value of graph._initializers) value.initializer?._writeField(out, GraphField.initializer);
    });
    replaced.set(GraphField.sparseInitializer, () => {
      for (const value of graph._initializers) value.sparseInitializer?._writeField(out, GraphField.sparseInitializer);
    });
    replaced.set(GraphField.quantizationAnnotation, () => {
      for (const part of graph._annotations) part._writeField(out, GraphField.quantizationAnnotation);
    });
  }
}

/** Inputs or outputs: entries with a type, or bare names in a function. */
function writeEnds(number: number, values: readonly Value[], infos: readonly (ValueInfo | undefined)[], out: Composer) {
  values.forEach((value, i) => {
    const info = infos[i];
    if (info === undefined) out.string(number, value.name);
    else info._writeField(out, number);
  });
}
