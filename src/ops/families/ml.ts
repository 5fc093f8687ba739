import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { product } from '../lib/known.js';
import type { Attributes, InferContext, OpDefinition } from '../types.js';

const DOMAIN = 'ai.onnx.ml';
const ONE = Dim.of(1);

/** Number of samples of an input [N, C]; one sample is [C]. */
function samples(ctx: InferContext): Dim | undefined {
  const shape = ctx.shape(0);
  return shape?.length === 1 ? ONE : shape?.[0];
}

function keepShape(dtypeOf: (ctx: InferContext) => number | undefined) {
  return (ctx: InferContext) => ctx.setTensor(0, dtypeOf(ctx), ctx.shape(0));
}

const sameType = keepShape((ctx) => ctx.dtype(0));
const toFloat = keepShape(() => DataType.FLOAT);

/** Length of the first list attribute that is given. */
function lengthOf(attributes: Attributes, strings: string, integers: string): number {
  return attributes.strings(strings)?.length || (attributes.ints(integers)?.length ?? 0);
}

/** A label for each sample, and a score for each class (two where a single one decides between two labels). */
function inferClassifier(integers: string, scores: (attributes: Attributes, labels: number) => number) {
  return (ctx: InferContext) => {
    const { attributes } = ctx;
    const hasText = (attributes.strings('classlabels_strings')?.length ?? 0) > 0;
    const labels = lengthOf(attributes, 'classlabels_strings', integers);
    ctx.setTensor(0, hasText ? DataType.STRING : DataType.INT64, [samples(ctx)]);
    const count = scores(attributes, labels);
    if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.FLOAT, [samples(ctx), count > 0 ? Dim.of(count) : undefined]);
  };
}

/** One column of scores an intercept; a single one is complemented when there are two labels. */
function linearScores(attributes: Attributes, labels: number): number {
  const classes = attributes.floats('intercepts')?.length ?? labels;
  return classes === 1 && labels === 2 ? 2 : classes;
}

/** Without probabilities, there is a vote for each pair of more than two classes. */
function svmScores(attributes: Attributes, labels: number): number {
  const hasProbabilities = (attributes.floats('prob_a')?.length ?? 0) > 0;
  return hasProbabilities || labels <= 2 ? Math.max(labels, 2) : (labels * (labels - 1)) / 2;
}

function inferRegressor(
  targets: (attributes: Attributes) => number,
  dtypeOf = (_: InferContext): number | undefined => DataType.FLOAT,
) {
  return (ctx: InferContext) => ctx.setTensor(0, dtypeOf(ctx), [samples(ctx), Dim.of(targets(ctx.attributes))]);
}

function labelType(ctx: InferContext): number | undefined {
  const { attributes } = ctx;
  if (ctx.opset < 2) return ctx.dtype(0) === DataType.STRING ? DataType.INT64 : DataType.STRING;
  if (attributes.has('values_strings')) return DataType.STRING;
  if (attributes.has('values_int64s')) return DataType.INT64;
  if (attributes.has('values_floats')) return DataType.FLOAT;
  return attributes.tensor('values_tensor')?.dtype;
}

/** Columns of X [..., C] chosen by Y. */
function inferExtractor(ctx: InferContext): void {
  const [x, y] = [ctx.shape(0), ctx.shape(1)];
  const count = y && product(y);
  const shape = x?.length === 1 ? [ONE, count] : x && [...x.slice(0, -1), count];
  ctx.setTensor(0, ctx.dtype(0), shape);
}

const CAST_TYPES: Readonly<Record<string, number>> = {
  TO_FLOAT: DataType.FLOAT,
  TO_STRING: DataType.STRING,
  TO_INT64: DataType.INT64,
};

/** The values of a map in a row: all keys below `max_map` if sparse, as many as there are if dense. */
function inferCastMap(ctx: InferContext): void {
  const { attributes } = ctx;
  const sparse = attributes.string('map_form', 'DENSE') === 'SPARSE';
  const length = sparse ? Dim.of(attributes.int('max_map', 1)) : ctx.fresh('map');
  ctx.setTensor(0, CAST_TYPES[attributes.string('cast_to', 'TO_FLOAT')], [ONE, length]);
}

function inferDictVectorizer(ctx: InferContext): void {
  const facts = ctx.input(0);
  const value = facts?.kind === 'map' ? facts.value : undefined;
  const length = lengthOf(ctx.attributes, 'string_vocabulary', 'int64_vocabulary');
  ctx.setTensor(0, value?.kind === 'tensor' ? value.dtype : undefined, [ONE, Dim.of(length)]);
}

function inferFeatureVectorizer(ctx: InferContext): void {
  const widths = ctx.attributes.ints('inputdimensions');
  const total = widths === undefined ? undefined : Dim.of(widths.reduce((sum, width) => sum + width, 0));
  ctx.setTensor(0, DataType.FLOAT, [samples(ctx), total]);
}

function inferOneHot(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const count = lengthOf(ctx.attributes, 'cats_strings', 'cats_int64s');
  ctx.setTensor(0, DataType.FLOAT, shape && [...shape, Dim.of(count)]);
}

function inferZipMap(ctx: InferContext): void {
  const hasText = (ctx.attributes.strings('classlabels_strings')?.length ?? 0) > 0;
  ctx.setOutput(0, {
    kind: 'sequence',
    element: {
      kind: 'map',
      keyType: hasText ? DataType.STRING : DataType.INT64,
      value: { kind: 'tensor', dtype: DataType.FLOAT, shape: [] },
    },
  });
}

/** Classical machine learning: samples are rows. */
export const definitions: readonly OpDefinition[] = [
  { name: 'ArrayFeatureExtractor', infer: inferExtractor },
  { name: 'Binarizer', infer: sameType },
  { name: 'CastMap', infer: inferCastMap },
  {
    name: 'CategoryMapper',
    infer: keepShape((ctx) => (ctx.dtype(0) === DataType.STRING ? DataType.INT64 : DataType.STRING)),
  },
  { name: 'DictVectorizer', infer: inferDictVectorizer },
  { name: 'FeatureVectorizer', infer: inferFeatureVectorizer },
  { name: 'Imputer', infer: sameType },
  { name: 'LabelEncoder', infer: keepShape(labelType) },
  { name: 'LinearClassifier', infer: inferClassifier('classlabels_ints', linearScores) },
  { name: 'LinearRegressor', infer: inferRegressor((attributes) => attributes.int('targets', 1)) },
  { name: 'Normalizer', infer: toFloat },
  { name: 'OneHotEncoder', infer: inferOneHot },
  { name: 'Scaler', infer: toFloat },
  { name: 'SVMClassifier', infer: inferClassifier('classlabels_ints', svmScores) },
  { name: 'SVMRegressor', infer: inferRegressor(() => 1) },
  {
    name: 'TreeEnsemble',
    infer: inferRegressor(
      (attributes) => attributes.int('n_targets', 1),
      (ctx) => ctx.dtype(0),
    ),
  },
  { name: 'TreeEnsembleClassifier', infer: inferClassifier('classlabels_int64s', (_, labels) => labels) },
  { name: 'TreeEnsembleRegressor', infer: inferRegressor((attributes) => attributes.int('n_targets', 1)) },
  { name: 'ZipMap', infer: inferZipMap },
].map((definition) => ({ ...definition, domain: DOMAIN }));
