import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/value.js';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { operators } from '../../passes/harness.js';
import { type Argument, Calls, expectClose, noise } from './harness.js';

type Complex = readonly [re: number, im: number];

const pairs = (tensor: DenseTensor): Complex[] =>
  Array.from({ length: tensor.data.length / 2 }, (_, i) => [
    Number(tensor.data[2 * i]),
    Number(tensor.data[2 * i + 1]),
  ]);
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const over = (x: Complex, [c, d]: Complex): Complex => {
  const size = c * c + d * d;
  return times(x, [c / size, -d / size]);
};
const size = ([a, b]: Complex) => Math.hypot(a, b);
const exp = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
const log = (x: Complex): Complex => [Math.log(size(x)), Math.atan2(x[1], x[0])];
const power = (x: Complex, p: number): Complex => exp(times([p, 0], log(x)));

const X = noise([3, 4, 2], 5);
const Y = noise([3, 4, 2], 6);
const R = noise([3, 4], 7);

/** An operator on two complex tensors (and a real one), the result as real numbers. */
async function complex(
  make: (calls: Calls, x: Value, y: Value, real: Value) => Value,
  isReal = false,
): Promise<DenseTensor> {
  const calls = await Calls.start();
  const [x, y] = [X, Y].map((live) => calls.call('view_as_complex', [{ live, fixed: [2] }])) as [Value, Value];
  const real = calls.live({ live: R });
  const result = make(calls, x, y, real);
  const [output] = await calls.run([isReal ? result : calls.call('view_as_real', [result])]);
  return output as DenseTensor;
}

const functions: Readonly<Record<string, readonly [(x: Complex) => Complex, ...Argument[]]>> = {
  exp: [exp],
  log: [log],
  sqrt: [(x) => power(x, 0.5)],
  square: [(x) => times(x, x)],
  reciprocal: [(x) => over([1, 0], x)],
  neg: [([a, b]) => [-a, -b]],
  conj: [([a, b]) => [a, -b]],
  sgn: [(x) => over(x, [size(x), 0])],
  pow: [(x) => times(times(x, x), x), 3],
};

const products: Readonly<Record<string, readonly [(x: Complex, y: Complex) => Complex, ...Argument[]]>> = {
  add: [([a, b], [c, d]) => [a + 2 * c, b + 2 * d], 2],
  sub: [([a, b], [c, d]) => [a - c, b - d]],
  mul: [times],
  div: [over],
};

describe('complex numbers', () => {
  it.each(Object.entries(functions))('%s', async (name, [expected, ...args]) => {
    const result = await complex((calls, x) => calls.call(name, [x, ...args]));
    expectClose(result, [3, 4, 2], pairs(X).flatMap(expected), 3e-6);
  });

  it.each(Object.entries(products))('%s of two, and with a real one', async (name, [expected, ...args]) => {
    const both = await complex((calls, x, y) => calls.call(name, [x, y, ...args]));
    const y = pairs(Y);
    expectClose(
      both,
      [3, 4, 2],
      pairs(X).flatMap((x, i) => expected(x, y[i] as Complex)),
      3e-6,
    );
    const mixed = await complex((calls, x, _, real) => calls.call(name, [x, real, ...args]));
    expectClose(
      mixed,
      [3, 4, 2],
      pairs(X).flatMap((x, i) => expected(x, [Number(R.data[i]), 0])),
      3e-6,
    );
    const turned = await complex((calls, x, _, real) => calls.call(name, [real, x, ...args]));
    expectClose(
      turned,
      [3, 4, 2],
      pairs(X).flatMap((x, i) => expected([Number(R.data[i]), 0], x)),
      3e-6,
    );
  });

  it('has parts, sizes and angles', async () => {
    const parts = pairs(X);
    const of = async (name: string) => complex((calls, x) => calls.call(name, [x]), true);
    expectClose(
      await of('real'),
      [3, 4],
      parts.map(([a]) => a),
    );
    expectClose(
      await of('imag'),
      [3, 4],
      parts.map(([, b]) => b),
    );
    expectClose(await of('abs'), [3, 4], parts.map(size));
    expectClose(
      await of('angle'),
      [3, 4],
      parts.map(([a, b]) => Math.atan2(b, a)),
    );
    const polar = await complex((calls, x) => calls.call('polar', [calls.call('abs', [x]), calls.call('angle', [x])]));
    expectClose(polar, [3, 4, 2], parts.flat());
    const made = await complex((calls, x) => calls.call('complex', [calls.call('real', [x]), calls.call('imag', [x])]));
    expectClose(made, [3, 4, 2], parts.flat());
  });

  it('has the angles of the axes, where PyTorch has them', async () => {
    const points = [1, 0, -1, 0, 0, 1, 0, -1, 0, 0, -1, -0, -1, 1];
    const live = { dtype: DataType.FLOAT, shape: [7, 2], data: Float32Array.from(points) };
    const calls = await Calls.start();
    const angle = calls.call('angle', [calls.call('view_as_complex', [{ live, fixed: [1] }])]);
    const [result] = await calls.run([angle]);
    const { PI } = Math;
    expectClose(result, [7], [0, PI, PI / 2, -PI / 2, 0, PI, 0.75 * PI]);
  });

  it('is moved about by standard operators and by those of PyTorch', async () => {
    const at = (i: number, j: number): Complex => pairs(X)[i * 4 + j] as Complex;
    const onnx = { domain: '' } as const;
    const transposed = [0, 1, 2, 3].flatMap((j) => [0, 1, 2].flatMap((i) => at(i, j)));
    expectClose(
      await complex((calls, x) => calls.call('Transpose', [x], { ...onnx, attributes: { perm: { ints: [1, 0] } } })),
      [4, 3, 2],
      transposed,
    );
    expectClose(await complex((calls, x) => calls.call('transpose', [x, -1, 0])), [4, 3, 2], transposed);
    expectClose(await complex((calls, x) => calls.call('Reshape', [x, [2, -1]], onnx)), [2, 6, 2], pairs(X).flat());
    expectClose(await complex((calls, x) => calls.call('view', [x, [2, 6]])), [2, 6, 2], pairs(X).flat());
    const lastColumn = [0, 1, 2].flatMap((i) => at(i, 3));
    expectClose(await complex((calls, x) => calls.call('Slice', [x, [3], [4], [-1]], onnx)), [3, 1, 2], lastColumn);
    expectClose(await complex((calls, x) => calls.call('select', [x, -1, 3])), [3, 2], lastColumn);
    expectClose(
      await complex((calls, x) => calls.call('Gather', [x, 3], { ...onnx, attributes: { axis: { int: 1 } } })),
      [3, 2],
      lastColumn,
    );
    expectClose(await complex((calls, x) => calls.call('unsqueeze', [x, -1])), [3, 4, 1, 2], pairs(X).flat());
    expectClose(await complex((calls, x) => calls.call('Unsqueeze', [x, [-1]], onnx)), [3, 4, 1, 2], pairs(X).flat());
    const sums = [0, 1, 2].flatMap((i) =>
      [0, 1].map((part) => [0, 1, 2, 3].reduce((sum, j) => sum + (at(i, j)[part] as number), 0)),
    );
    expectClose(
      await complex((calls, x) =>
        calls.call('ReduceSum', [x, [-1]], { ...onnx, attributes: { keepdims: { int: 0 } } }),
      ),
      [3, 2],
      sums,
    );
    expectClose(await complex((calls, x) => calls.call('sum', [x, [1], false, undefined])), [3, 2], sums);
    const joined = [0, 1, 2].flatMap((i) =>
      [0, 1, 2, 3].flatMap((j) => at(i, j)).concat([0, 1, 2, 3].flatMap((j) => [Number(R.data[i * 4 + j]), 0])),
    );
    expectClose(
      await complex((calls, x, _, real) =>
        calls.call('Concat', [x, real], { ...onnx, attributes: { axis: { int: -1 } } }),
      ),
      [3, 8, 2],
      joined,
    );
    expectClose(await complex((calls, x) => calls.call('Shape', [x], onnx), true), [2], [3, 4]);
    expectClose(await complex((calls, x) => calls.call('Abs', [x], onnx), true), [3, 4], pairs(X).map(size));
  });

  it('is multiplied as matrices are', async () => {
    const result = await complex((calls, x, y) => calls.call('matmul', [x, calls.call('transpose', [y, 0, 1])]));
    const [x, y] = [pairs(X), pairs(Y)];
    const expected = [0, 1, 2].flatMap((i) =>
      [0, 1, 2].flatMap((k) =>
        [0, 1, 2, 3]
          .map((j) => times(x[i * 4 + j] as Complex, y[k * 4 + j] as Complex))
          .reduce(([a, b], [c, d]) => [a + c, b + d]),
      ),
    );
    expectClose(result, [3, 3, 2], expected);
  });

  it('turns rotary positions by complex constants', async () => {
    const calls = await Calls.start();
    const x = calls.call('view_as_complex', [{ live: X, fixed: [2] }]);
    const turns = calls.model.graph.addInitializer('turns', { dtype: DataType.COMPLEX64, shape: [3, 4], data: Y.data });
    const turned = calls.call('Mul', [x, turns], { domain: '' });
    const [result] = await calls.run([calls.call('view_as_real', [turned])]);
    expectClose(
      result,
      [3, 4, 2],
      pairs(X).flatMap((value, i) => times(value, pairs(Y)[i] as Complex)),
    );
  });

  it('leaves as an output with an axis more', async () => {
    const calls = await Calls.start();
    const x = calls.call('view_as_complex', [{ live: X, fixed: [2] }]);
    const name = x.name;
    calls.model.graph.setValueInfo(x, { kind: 'tensor', elemType: DataType.COMPLEX64, shape: ['x0_0', 'x0_1'] });
    const [result] = await calls.run([x]);
    expectClose(result, [3, 4, 2], Array.from(X.data as Float32Array));
    const [output] = calls.model.graph.outputs;
    expect(output?.name).toBe(name);
    expect(output?.declared).toMatchObject({ elemType: DataType.FLOAT, shape: ['x0_0', 'x0_1', 2] });
  });

  it('is refused where nobody knows what an operator does to it, with the model as it was', async () => {
    const calls = await Calls.start();
    const x = calls.call('view_as_complex', [{ live: X, fixed: [2] }]);
    const wrong = calls.call('TopK', [x, [1]], { domain: '' });
    const before = operators(calls.model);
    const report = await calls.lower([wrong]);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved[0]?.message).toBe('TopK: it reads complex numbers, which it has no lowering for');
    expect(operators(calls.model)).toEqual(before);
    expect(wrong.producer?.inputs[0]).toBe(x);
  });
});
