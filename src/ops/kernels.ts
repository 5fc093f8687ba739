/** Which element types onnxruntime's CPU provider cannot compute with, measured by `scripts/op-kernels.py`. */
import { dataTypeByName } from '../tensor/dtype.js';

type Rows = readonly (readonly [since: number, ...texts: string[]])[];

/** The file that `scripts/op-kernels.py` writes. */
interface KernelData {
  readonly onnxruntime: string;
  readonly measured: string;
  /** Type parameters that have to be one type although the schema lets them differ. */
  readonly together: Readonly<Record<string, Rows>>;
  /** Types that a parameter allows and that nothing runs, not even through casts that onnxruntime inserts itself. */
  readonly missing: Readonly<Record<string, Rows>>;
}

/** What onnxruntime's CPU provider lacks of the operators of ai.onnx. Made by {@link loadKernels}. */
export class Kernels {
  readonly #data: KernelData;

  constructor(data: KernelData) {
    this.#data = data;
  }

  /** Element types (`TensorProto.DataType`) that a type parameter of an operator's version allows and that do not run. */
  missing(opType: string, since: number, parameter: string): readonly number[] {
    const rows = own(this.#data.missing, opType) ?? [];
    const row = rows.findLast(([from, name]) => from <= since && name === parameter);
    return (row?.[2] ?? '').split(' ').flatMap((name) => dataTypeByName(name) ?? []);
  }

  /** Type parameters that have to be one type. */
  together(opType: string, since: number): readonly string[] {
    const row = (own(this.#data.together, opType) ?? []).findLast(([from]) => from <= since);
    return row?.[1]?.split(' ') ?? [];
  }
}

let loading: Promise<Kernels> | undefined;

/** Loads the table, once. */
export function loadKernels(): Promise<Kernels> {
  loading ??= import('./data/ort-cpu-kernels.json', { with: { type: 'json' } }).then(
    ({ default: data }) => new Kernels(data as unknown as KernelData),
  );
  return loading;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
