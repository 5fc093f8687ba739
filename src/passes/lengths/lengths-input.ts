import { declaredDim } from '../../analysis/declared.js';
import type { Model } from '../../model/model.js';
import type { DeclaredDim } from '../../model/type-info.js';
import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';

/** Why a name cannot be that of a lengths input; undefined when it can, also as that of a new one. */
export function refuseLengthsInput(model: Model, name: string): string | undefined {
  if (name === '') return 'a lengths input needs a name';
  const input = model.graph.inputs.find((candidate) => candidate.name === name);
  if (input === undefined) {
    return model.graph.value(name) === undefined ? undefined : `${name} is a value of the model, but not an input`;
  }
  const type = input.declared;
  const isVector = type?.kind === 'tensor' && (type.shape === undefined || type.shape.length === 1);
  const isWhole = type?.kind === 'tensor' && (type.elemType === DataType.INT64 || type.elemType === DataType.INT32);
  return isVector && isWhole
    ? undefined
    : `input ${name} holds no lengths: they are a vector of int64 or int32, with one whole number an item of the batch`;
}

/** The lengths input of this name; added behind the others where the exporter dropped it. */
export function lengthsInput(model: Model, name: string, batch: DeclaredDim): Value {
  const existing = model.graph.inputs.find((input) => input.name === name);
  return existing ?? model.graph.addInput(name, DataType.INT64, [batch]);
}

/** Element type of the lengths input of this name. */
export function lengthsType(model: Model, name: string): number {
  const declared = model.graph.inputs.find((input) => input.name === name)?.declared;
  return declared?.kind === 'tensor' ? declared.elemType : DataType.INT64;
}

/** What the first axis of the inputs is declared as: the size of the batch. */
export function declaredBatch(model: Model, symbols: readonly string[]): DeclaredDim {
  const sizes = model.graph.inputs.flatMap(({ declared }) =>
    declared?.kind === 'tensor' && declared.shape && declared.shape.length > 0 ? [declared.shape[0]] : [],
  );
  return sizes.find((size) => symbols.includes(declaredDim(size)?.symbolName ?? '')) ?? sizes[0];
}
