import type { Value } from '../../../model/value.js';
import type { Attributes } from '../../builder.js';
import { fastGelu, gelu } from '../activations.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';

/** An operand with its last two axes swapped. */
function transposed(call: Call, x: Value, batch: boolean, last: boolean): Value {
  if (!batch && !last) return x;
  const rank = call.rank(x);
  if (batch) throw new Refusal('transposed batches are not supported');
  if (rank < 2) return x;
  const order = Array.from({ length: rank }, (_, i) => i);
  [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
  return call.build.transpose(x, order);
}

/** alpha A' B', where the dashes may stand for transposition. */
function fusedMatMul(call: Call): Value {
  const { build } = call;
  const a = call.tensor('A');
  const left = transposed(call, a, call.bool('transBatchA', false), call.bool('transA', false));
  const right = transposed(call, call.tensor('B'), call.bool('transBatchB', false), call.bool('transB', false));
  const product = build.op('MatMul', [left, right]);
  const alpha = call.float('alpha', 1);
  return alpha === 1 ? product : build.mul(product, build.scalar(alpha, call.dtype(a)));
}

/** An activation by its name, with the parameters that fused operators have in one list. */
function activate(call: Call, x: Value, name: string, parameters: readonly number[]): Value {
  const { build } = call;
  const dtype = call.dtype(call.node.inputs[0] as Value);
  const [first, second] = parameters;
  const given = (attributes: Attributes) => build.op(name, [x], attributes);
  switch (name) {
    case '':
      return x;
    case 'Relu':
    case 'Tanh':
    case 'Sigmoid':
      return build.op(name, [x]);
    case 'LeakyRelu':
      return given({ alpha: { float: first ?? 0.01 } });
    case 'HardSigmoid':
      return given({ alpha: { float: first ?? 0.2 }, beta: { float: second ?? 0.5 } });
    case 'Clip': {
      const bound = (value: number | undefined) => (value === undefined ? undefined : build.scalar(value, dtype));
      return build.op('Clip', [x, bound(first), bound(second)]);
    }
    case 'Gelu':
      return gelu(build, x, dtype);
    default:
      throw new Refusal(`its activation ${name} is not known`);
  }
}

function gemmFastGelu(call: Call): Value {
  const x = call.tensor('X');
  const product = call.build.op('MatMul', [x, call.tensor('W')]);
  const bias = call.optional('bias');
  return fastGelu(call.build, bias ? call.build.add(product, bias) : product, call.dtype(x));
}

/** Attributes that go to the standard operator as they are. */
function passedOn(call: Call, names: readonly string[]): Attributes {
  const entries = names.flatMap((name) => {
    const attribute = call.node.attributes.get(name);
    return attribute === undefined ? [] : [[name, attribute] as const];
  });
  return Object.fromEntries(entries);
}

function fused(opType: string, inputs: string, names: readonly string[]): Lowering {
  return {
    args: inputs,
    lower: (call) => {
      const [x, ...rest] = inputs.split(' ').filter((name) => /^[A-Z]$/.test(name));
      const operands = [call.tensor(x as string), ...rest.map((name) => call.optional(name))];
      while (operands.at(-1) === undefined) operands.pop();
      const result = call.build.op(opType, operands, passedOn(call, names));
      const added = call.optional('Z');
      const sum = added && opType === 'Conv' ? call.build.add(result, added) : result;
      const name = call.text('activation', '');
      const alone = ['activation_alpha', 'activation_beta'].flatMap((parameter) => call.numbers(parameter) ?? []);
      return activate(call, sum, name, call.numbers('activation_params') ?? alone);
    },
  };
}

const CONV = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides'];

export const lowerings: Lowerings = {
  FusedMatMul: { args: 'A B alpha transA transB transBatchA transBatchB', lower: fusedMatMul },
  TransposeMatMul: { args: 'A B alpha transA transB', lower: fusedMatMul },
  FusedConv: fused('Conv', 'X W B Z activation activation_params', CONV),
  GemmFastGelu: { args: 'X W bias', lower: gemmFastGelu },
  FusedGemm: fused('Gemm', 'A B C activation activation_alpha activation_beta activation_gamma', [
    'alpha',
    'beta',
    'transA',
    'transB',
  ]),
};
