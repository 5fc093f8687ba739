/** What operators take and give, version by version: the schemas of onnx and onnxruntime. */
import { dataTypeByName } from '../tensor/dtype.js';

/** How often an input or output may occur. */
export type Occurrence = 'single' | 'optional' | 'variadic';

/** An input or output of an operator. */
export interface Formal {
  readonly name: string;
  /** A name among the version's type constraints (`T`), or a type (`int64`, `seq(float)`). */
  readonly type: string;
  readonly occurrence: Occurrence;
  /** Do all of a variadic's values have one type? */
  readonly isHomogeneous: boolean;
}

/** An attribute of an operator. */
export interface AttributeSchema {
  /** `int`, `floats`, `graph` ... */
  readonly type: string;
  readonly isRequired: boolean;
  readonly default?: AttributeDefault;
}

export type AttributeDefault = number | string | readonly number[] | readonly string[];

/** One version of an operator. */
export interface OpSchema {
  readonly domain: string;
  readonly name: string;
  /** The operator set version that introduced it. */
  readonly since: number;
  /** Since this version the operator must not be used any more. */
  readonly isDeprecated: boolean;
  /** Is it defined by other operators? */
  readonly isFunction: boolean;
  readonly inputs: readonly Formal[];
  readonly outputs: readonly Formal[];
  /** Fewest and most inputs; `Infinity` where there is no limit. */
  readonly inputArity: readonly [min: number, max: number];
  readonly outputArity: readonly [min: number, max: number];
  /** Allowed types by constraint: `T` -> `float`, `double`, `seq(int64)` ... */
  readonly constraints: ReadonlyMap<string, readonly string[]>;
  readonly attributes: ReadonlyMap<string, AttributeSchema>;
}

type Row = readonly [
  since: number,
  inputs: readonly string[],
  inputArity: readonly number[],
  outputs: readonly string[],
  outputArity: readonly number[],
  constraints: Readonly<Record<string, number>>,
  attributes: Readonly<Record<string, string | readonly [string, AttributeDefault]>>,
  flags?: string,
];

/** The file that `scripts/op-schemas.py` writes. */
export interface SchemaData {
  readonly onnx: string;
  readonly onnxruntime: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly sets: readonly string[];
  readonly ops: Readonly<Record<string, Readonly<Record<string, readonly Row[]>>>>;
}

/** Schemas of all operators; each is unpacked when it is asked for. Made by {@link loadSchemas}. */
export class Schemas {
  readonly #data: SchemaData;
  readonly #unpacked = new Map<Row, OpSchema>();

  constructor(data: SchemaData) {
    this.#data = data;
  }

  /** Domains that are known; '' is ai.onnx. */
  get domains(): readonly string[] {
    return Object.keys(this.#data.ops);
  }

  /** The newest version of a domain's operator set that is known. */
  latest(domain = ''): number | undefined {
    return own(this.#data.opsets, domain);
  }

  /** Names of a domain's operators. */
  names(domain = ''): readonly string[] {
    return Object.keys(own(this.#data.ops, domain) ?? {});
  }

  /** Every version of an operator, from old to new; empty for an unknown one. */
  versions(domain: string, name: string): readonly OpSchema[] {
    return this.#rows(domain, name).map((row) => this.#unpack(domain, name, row));
  }

  /** The version of an operator that holds in an operator set; undefined when there is none (see {@link explain}). */
  find(domain: string, name: string, opset: number): OpSchema | undefined {
    const row = this.#rows(domain, name).findLast(([since]) => since <= opset);
    return row && this.#unpack(domain, name, row);
  }

  /** Why an operator cannot be used in an operator set, in one sentence; undefined when it can. */
  explain(domain: string, name: string, opset: number): string | undefined {
    const where = domain === '' ? 'ai.onnx' : domain;
    const [first] = this.#rows(domain, name);
    if (own(this.#data.ops, domain) === undefined) return `the domain ${where} is not known`;
    if (first === undefined) return `${where} has no operator ${name}`;
    const found = this.find(domain, name, opset);
    if (found === undefined) return `${name} came with version ${first[0]} of ${where}; the model imports ${opset}`;
    if (found.isDeprecated)
      return `${name} was removed in version ${found.since} of ${where}; the model imports ${opset}`;
    return undefined;
  }

  #rows(domain: string, name: string): readonly Row[] {
    const ops = own(this.#data.ops, domain === 'ai.onnx' ? '' : domain);
    return (ops && own(ops, name)) ?? [];
  }

  #unpack(domain: string, name: string, row: Row): OpSchema {
    const known = this.#unpacked.get(row);
    if (known !== undefined) return known;
    const [since, inputs, inputArity, outputs, outputArity, constraints, attributes, flags = ''] = row;
    const schema: OpSchema = {
      domain,
      name,
      since,
      isDeprecated: flags.includes('d'),
      isFunction: flags.includes('f'),
      inputs: inputs.map(readFormal),
      outputs: outputs.map(readFormal),
      inputArity: readArity(inputArity),
      outputArity: readArity(outputArity),
      constraints: new Map(
        Object.entries(constraints).map(([type, set]) => [type, (this.#data.sets[set] as string).split(' ')]),
      ),
      attributes: new Map(Object.entries(attributes).map(([key, text]) => [key, readAttribute(text)])),
    };
    this.#unpacked.set(row, schema);
    return schema;
  }
}

let loading: Promise<Schemas> | undefined;

/** Loads the schemas, once. */
export function loadSchemas(): Promise<Schemas> {
  loading ??= import('./data/op-schemas.json', { with: { type: 'json' } }).then(
    ({ default: data }) => new Schemas(data as unknown as SchemaData),
  );
  return loading;
}

/**
 * Element types of the outputs as far as the type constraints tell: an output of type `T` has the element type of an
 * input of type `T`, or the only one that `T` allows.
 *
 * @param inputTypes - element type of each input, undefined where absent or unknown
 * @returns one entry an output; undefined where the schema leaves a choice, or the output is no tensor
 */
export function outputTypes(
  schema: OpSchema,
  inputTypes: readonly (number | undefined)[],
  outputCount: number,
): (number | undefined)[] {
  const bound = new Map<string, number>();
  inputTypes.forEach((dtype, i) => {
    const formal = formalAt(schema.inputs, i);
    if (dtype !== undefined && formal?.isHomogeneous && !bound.has(formal.type)) bound.set(formal.type, dtype);
  });
  return Array.from({ length: outputCount }, (_, i) => {
    const formal = formalAt(schema.outputs, i);
    if (formal === undefined || !formal.isHomogeneous) return undefined;
    const [only = '', ...others] = schema.constraints.get(formal.type) ?? [formal.type];
    return bound.get(formal.type) ?? (others.length === 0 ? dataTypeByName(only) : undefined);
  });
}

/** The formal of argument i: the last one repeats when it is variadic. */
export function formalAt(formals: readonly Formal[], i: number): Formal | undefined {
  const last = formals.at(-1);
  return formals[i] ?? (last?.occurrence === 'variadic' ? last : undefined);
}

function readFormal(text: string): Formal {
  const [, name = '', type = '', mark = ''] = /^(.*?):(.*?)(\?|\*{1,2})?$/.exec(text) ?? [];
  const occurrence = mark === '' ? 'single' : mark === '?' ? 'optional' : 'variadic';
  return { name, type, occurrence, isHomogeneous: mark !== '**' };
}

function readArity([min = 0, max = Number.POSITIVE_INFINITY]: readonly number[]): [number, number] {
  return [min, max];
}

function readAttribute(packed: string | readonly [string, AttributeDefault]): AttributeSchema {
  if (typeof packed !== 'string') return { type: packed[0], isRequired: false, default: packed[1] };
  const isRequired = packed.endsWith('!');
  return { type: isRequired ? packed.slice(0, -1) : packed, isRequired };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
