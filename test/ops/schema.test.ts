import { describe, expect, it } from 'vitest';
import { formalAt, loadSchemas, outputTypes } from '../../src/ops/schema.js';
import { DataType } from '../../src/tensor/dtype.js';

const schemas = await loadSchemas();

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such schema');
  return value;
}

describe('Schemas', () => {
  it('has the version that an operator set imports', () => {
    const since = (opset: number) => schemas.find('', 'Softmax', opset)?.since;
    expect([since(1), since(10), since(11), since(12), since(13), since(21)]).toEqual([1, 1, 11, 11, 13, 13]);
    expect(schemas.find('ai.onnx', 'Relu', 14)).toBe(schemas.find('', 'Relu', 99));
  });

  it('tells arity, occurrence, attributes and their defaults', () => {
    const gemm = required(schemas.find('', 'Gemm', 13));
    expect(gemm.inputArity).toEqual([2, 3]);
    expect(gemm.inputs.map(({ name, occurrence }) => [name, occurrence])).toEqual([
      ['A', 'single'],
      ['B', 'single'],
      ['C', 'optional'],
    ]);
    expect(gemm.attributes.get('alpha')).toEqual({ type: 'float', isRequired: false, default: 1 });
    const cast = required(schemas.find('', 'Cast', 19));
    expect(cast.attributes.get('to')).toEqual({ type: 'int', isRequired: true });
    expect(schemas.find('', 'LayerNormalization', 17)?.attributes.get('epsilon')?.default).toBe(9.99999975e-6);
    const concat = required(schemas.find('', 'Concat', 13));
    expect(concat.inputArity).toEqual([1, Number.POSITIVE_INFINITY]);
    expect(formalAt(concat.inputs, 7)?.name).toBe('inputs');
    expect(formalAt(gemm.inputs, 7)).toBeUndefined();
  });

  it('knows the domains of onnxruntime and of classical machine learning', () => {
    expect(schemas.find('com.microsoft', 'FusedMatMul', 1)?.constraints.get('T')).toContain('float16');
    expect(schemas.find('ai.onnx.ml', 'ZipMap', 1)?.constraints.get('T')).toEqual([
      'seq(map(int64,float))',
      'seq(map(string,float))',
    ]);
    expect(schemas.latest()).toBeGreaterThanOrEqual(23);
    expect(schemas.latest('nowhere')).toBeUndefined();
  });

  it('unpacks every version of every operator, its types included', () => {
    for (const domain of schemas.domains) {
      for (const name of schemas.names(domain)) {
        let before = 0;
        for (const schema of schemas.versions(domain, name)) {
          expect(schema.since).toBeGreaterThan(before);
          before = schema.since;
          for (const { name: formal, type } of [...schema.inputs, ...schema.outputs]) {
            expect(formal).not.toBe('');
            const types = schema.constraints.get(type) ?? [type];
            for (const each of types) expect(each).toMatch(/^(\w+|(seq|optional|map|sparse_tensor|tensor)\(.+\))$/);
          }
          const [min, max] = schema.inputArity;
          expect(min).toBeLessThanOrEqual(max);
        }
      }
    }
  });

  it('says why an operator cannot be used', () => {
    expect(schemas.explain('', 'Gelu', 13)).toBe('Gelu came with version 20 of ai.onnx; the model imports 13');
    expect(schemas.explain('', 'Upsample', 10)).toBe(
      'Upsample was removed in version 10 of ai.onnx; the model imports 10',
    );
    expect(schemas.explain('', 'Upsample', 9)).toBeUndefined();
    expect(schemas.explain('', 'toString', 9)).toBe('ai.onnx has no operator toString');
    expect(schemas.explain('my.domain', 'Gelu', 1)).toBe('the domain my.domain is not known');
  });
});

describe('outputTypes', () => {
  const types = (domain: string, name: string, inputs: (number | undefined)[], count = 1) =>
    outputTypes(required(schemas.find(domain, name, 20)), inputs, count);

  it('binds type constraints to inputs', () => {
    expect(types('', 'Relu', [DataType.FLOAT16])).toEqual([DataType.FLOAT16]);
    expect(types('', 'Where', [DataType.BOOL, undefined, DataType.INT32])).toEqual([DataType.INT32]);
    expect(types('', 'TopK', [DataType.FLOAT, DataType.INT64], 2)).toEqual([DataType.FLOAT, DataType.INT64]);
  });

  it('takes the only type that is allowed', () => {
    expect(types('', 'Shape', [undefined])).toEqual([DataType.INT64]);
    expect(types('', 'Equal', [DataType.FLOAT, DataType.FLOAT])).toEqual([DataType.BOOL]);
  });

  it('says nothing where the schema leaves a choice', () => {
    expect(types('', 'Cast', [DataType.FLOAT])).toEqual([undefined]);
    expect(types('', 'Loop', [DataType.INT64, DataType.BOOL, DataType.FLOAT], 2)).toEqual([undefined, undefined]);
  });
});
