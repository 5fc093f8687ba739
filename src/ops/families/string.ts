import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { required } from '../lib/alloc.js';
import { broadcastShapes, broadcastStrides, forEachRun } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

function strings(tensor: DenseTensor): string[] {
  if (!Array.isArray(tensor.data)) throw new EvaluationError('strings are expected');
  return tensor.data;
}

function evaluateConcat({ inputs }: EvalContext): DenseTensor[] {
  const a = required(inputs, 0);
  const b = required(inputs, 1);
  const [left, right] = [strings(a), strings(b)];
  const shape = broadcastShapes([a.shape, b.shape]);
  const data = new Array<string>(elementCount(shape));
  const strides = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  forEachRun(shape, strides, (start, length, [i, j], [stepI, stepJ]) => {
    for (let k = 0; k < length; k++) {
      data[start + k] = `${left[(i as number) + k * (stepI as number)]}${right[(j as number) + k * (stepJ as number)]}`;
    }
  });
  return [{ dtype: DataType.STRING, shape, data }];
}

/** Python's `str.split`: without a delimiter at runs of blanks, dropping those at both ends. */
function split(text: string, delimiter: string, limit: number): string[] {
  const parts: string[] = [];
  const blanks = delimiter === '';
  let rest = blanks ? text.trimStart() : text;
  while (parts.length < limit && !(blanks && rest === '')) {
    const at = blanks ? rest.search(/\s/) : rest.indexOf(delimiter);
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = blanks ? rest.slice(at).trimStart() : rest.slice(at + delimiter.length);
  }
  if (!blanks || rest !== '') parts.push(rest);
  return parts;
}

/** The parts, padded with empty strings to the longest list, and how many there are. */
function evaluateSplit({ attributes, inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  const delimiter = attributes.string('delimiter', '');
  const limit = attributes.int('maxsplit') ?? Number.POSITIVE_INFINITY;
  const lists = strings(x).map((text) => split(text, delimiter, limit < 0 ? Number.POSITIVE_INFINITY : limit));
  const width = Math.max(0, ...lists.map((list) => list.length));
  const data = lists.flatMap((list) => [...list, ...new Array<string>(width - list.length).fill('')]);
  const counts = BigInt64Array.from(lists, (list) => BigInt(list.length));
  return [
    { dtype: DataType.STRING, shape: [...x.shape, width], data },
    { dtype: DataType.INT64, shape: x.shape, data: counts },
  ];
}

function inferSplit(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const x = ctx.constant(0);
  const evaluated = x && evaluateSplit({ ...siteOf(ctx), inputs: [x], outputCount: 2 })[0]?.shape.at(-1);
  const width = evaluated === undefined ? ctx.fresh('split') : Dim.of(evaluated);
  ctx.setTensor(0, DataType.STRING, shape && [...shape, width]);
  if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.INT64, shape);
}

function siteOf({ opType, domain, opset, attributes }: InferContext) {
  return { opType, domain, opset, attributes };
}

/** Stop words go away, so that only without them the size stays: [C] or [1, C]. */
function inferNormalizer(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const drops = (ctx.attributes.strings('stopwords')?.length ?? 0) > 0;
  const result: Shape | undefined = drops && shape !== undefined ? [...shape.slice(0, -1), ctx.fresh('words')] : shape;
  ctx.setTensor(0, DataType.STRING, result);
}

/** One weight for each n-gram of the pool: the largest index decides how many. */
function inferTfIdf(ctx: InferContext): void {
  const indexes = ctx.attributes.ints('ngram_indexes');
  const count = indexes === undefined ? undefined : Dim.of(Math.max(-1, ...indexes) + 1);
  const shape = ctx.shape(0);
  ctx.setTensor(0, DataType.FLOAT, shape && [...shape.slice(0, -1), count]);
}

/** Operators on text. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'StringConcat',
    infer: (ctx) => ctx.setTensor(0, DataType.STRING, ctx.broadcast([0, 1])),
    evaluate: evaluateConcat,
  },
  { name: 'StringSplit', infer: inferSplit, evaluate: evaluateSplit },
  { name: 'StringNormalizer', infer: inferNormalizer },
  { name: 'TfIdfVectorizer', infer: inferTfIdf },
  { name: 'RegexFullMatch', infer: (ctx) => ctx.setTensor(0, DataType.BOOL, ctx.shape(0)) },
];
