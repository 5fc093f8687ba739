import type { Node } from '../../model/node.js';
import { DataType } from '../../tensor/dtype.js';

/** An attribute that decides the element type of a node's output. */
export interface TypeSetting {
  readonly node: Node;
  readonly attribute: string;
  /** `int`: the attribute is the type's number; `tensor`: its tensor has the type. */
  readonly form: 'int' | 'tensor';
  /** The type it sets; undefined where it is absent and the type follows the first input. */
  readonly current: number | undefined;
  /** May it be changed? An attribute that stands for a function's argument may not. */
  readonly isFree: boolean;
}

/** Attributes that give the output's type as a number, with the default. */
const NUMBERS: Readonly<Record<string, readonly [attribute: string, otherwise: number | undefined]>> = {
  Cast: ['to', undefined],
  RandomNormal: ['dtype', DataType.FLOAT],
  RandomUniform: ['dtype', DataType.FLOAT],
  RandomNormalLike: ['dtype', undefined],
  RandomUniformLike: ['dtype', undefined],
  EyeLike: ['dtype', undefined],
  Bernoulli: ['dtype', undefined],
  Multinomial: ['dtype', DataType.INT32],
  SequenceEmpty: ['dtype', DataType.FLOAT],
  BlackmanWindow: ['output_datatype', DataType.FLOAT],
  HammingWindow: ['output_datatype', DataType.FLOAT],
  HannWindow: ['output_datatype', DataType.FLOAT],
  MelWeightMatrix: ['output_datatype', DataType.FLOAT],
  DequantizeLinear: ['output_dtype', undefined],
};

/** The attribute that decides the type of a node's output; undefined where inputs do. */
export function settingOf(node: Node): TypeSetting | undefined {
  if (node.domain !== '') return undefined;
  const { opType } = node;
  if (opType === 'ConstantOfShape') {
    const attribute = node.attributes.get('value');
    const current = attribute === undefined ? DataType.FLOAT : attribute.asTensor()?.dataType;
    return { node, attribute: 'value', form: 'tensor', current, isFree: !attribute?.refAttrName };
  }
  const row = Object.hasOwn(NUMBERS, opType) ? NUMBERS[opType] : undefined;
  if (row === undefined) return undefined;
  const [name, otherwise] = row;
  const attribute = node.attributes.get(name);
  const given = attribute?.asInt();
  const current = given ? Number(given) : otherwise;
  // Without it a dequantised value simply has the type of its scale.
  if (opType === 'DequantizeLinear' && current === undefined) return undefined;
  return { node, attribute: name, form: 'int', current, isFree: !attribute?.refAttrName };
}
