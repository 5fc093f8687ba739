import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { matrixProduct } from '../complex/arithmetic.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { promoted } from './promote.js';

function product(call: Call, a: Value, b: Value): Value {
  if (call.isComplex(a) || call.isComplex(b)) return matrixProduct(call, a, b);
  return call.build.op('MatMul', promoted(call, [a, b]).values);
}

function simple(args: string): Lowering {
  const [first = '', second = ''] = args.split(' ');
  return { args, lower: (call) => product(call, call.tensor(first), call.tensor(second)) };
}

/** x W' + b. */
function linear(call: Call): Value {
  const { build } = call;
  const weight = call.real('weight');
  const turned = call.rank(weight) === 2 ? build.transpose(weight, [1, 0]) : weight;
  const result = product(call, call.real('input'), turned);
  const bias = call.optional('bias');
  return bias ? build.add(result, bias) : result;
}

/** beta self + alpha a b. */
function added(args: string): Lowering {
  const [, first = '', second = ''] = args.split(' ');
  return {
    args,
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      const times = (value: Value, name: string) => {
        const factor = call.float(name, 1);
        return factor === 1 ? value : build.mul(value, build.scalar(factor, call.dtype(x)));
      };
      return build.add(times(x, 'beta'), times(product(call, call.real(first), call.real(second)), 'alpha'));
    },
  };
}

/** Every element of one with every element of the other. */
function outer(args: string): Lowering {
  const [first = '', second = ''] = args.split(' ');
  return {
    args,
    lower: (call) => {
      const { build } = call;
      const [a, b] = promoted(call, [call.real(first), call.real(second)]).values as [Value, Value];
      return build.mul(build.unsqueeze(a, [1]), build.unsqueeze(b, [0]));
    },
  };
}

/** softmax(q k' / sqrt d + mask) v, after Vaswani et al., "Attention is all you need". */
function attention(call: Call): Value {
  const { build } = call;
  const [query, key, value] = [call.real('query'), call.real('key'), call.real('value')];
  const dtype = call.dtype(query);
  const rank = call.rank(key);
  const order = Array.from({ length: rank }, (_, i) => i);
  [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
  const width = call.knownSize(query, -1);
  const root =
    width === undefined ? build.op('Sqrt', [build.cast(build.size(query, call.rank(query) - 1), dtype)]) : undefined;
  const scale = call.has('scale') ? call.float('scale') : width === undefined ? undefined : 1 / Math.sqrt(width);
  const raw = build.op('MatMul', [query, build.transpose(key, order)]);
  const scores = scale === undefined ? build.div(raw, root as Value) : build.mul(raw, build.scalar(scale, dtype));
  return build.op('MatMul', [
    build.op('Softmax', [masked(call, scores, dtype)], { axis: { int: build.opset < 13 ? rank - 1 : -1 } }),
    value,
  ]);
}

function masked(call: Call, scores: Value, dtype: number): Value {
  const { build } = call;
  const low = build.scalar(Number.NEGATIVE_INFINITY, dtype);
  const mask = call.optional('attn_mask');
  if (mask !== undefined) {
    return call.dtype(mask) === 9 ? build.where(mask, scores, low) : build.add(scores, mask);
  }
  if (!call.bool('is_causal', false)) return scores;
  const shape = build.shape(scores);
  const positions = (from: number) => build.range(build.asScalar(build.gather(shape, [from], 0)));
  const rank = call.rank(scores);
  const [rows, columns] = [build.unsqueeze(positions(rank - 2), [1]), build.unsqueeze(positions(rank - 1), [0])];
  return build.where(build.op('Greater', [columns, rows]), low, scores);
}

export const lowerings: Lowerings = {
  matmul: simple('self other'),
  mm: simple('self mat2'),
  bmm: simple('self mat2'),
  mv: simple('self vec'),
  dot: simple('self tensor'),
  linear: { args: 'input weight bias', lower: linear },
  addmm: added('self mat1 mat2 beta alpha'),
  addmv: added('self mat vec beta alpha'),
  baddbmm: added('self batch1 batch2 beta alpha'),
  outer: outer('self vec2'),
  ger: outer('self vec2'),
  einsum: {
    args: 'equation tensors path',
    lower: (call) => {
      const equation = call.text('equation').replaceAll(' ', '');
      return call.build.op('Einsum', call.tensors('tensors'), { equation: { string: equation } });
    },
  },
  scaled_dot_product_attention: {
    args: 'query key value attn_mask dropout_p is_causal scale enable_gqa',
    lower: attention,
  },
};
