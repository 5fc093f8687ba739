import type { AttributeInput } from '../model/attribute.js';
import { AttributeType } from '../model/attribute-type.js';
import type { Node } from '../model/node.js';

/**
 * The attributes of a node as plain data, to make a node like it.
 * @throws RangeError when one holds a graph, or refers to an attribute of a function
 */
export function plainAttributes(node: Node): Record<string, AttributeInput> {
  const result: Record<string, AttributeInput> = {};
  for (const attribute of node.attributes) {
    const { name, type } = attribute;
    if (attribute.refAttrName !== '') throw new RangeError(`attribute ${name} is that of a function`);
    switch (type) {
      case AttributeType.INT:
        result[name] = { int: attribute.asInt() ?? 0 };
        break;
      case AttributeType.INTS:
        result[name] = { ints: attribute.asInts() ?? [] };
        break;
      case AttributeType.FLOAT:
        result[name] = { float: attribute.asFloat() ?? 0 };
        break;
      case AttributeType.FLOATS:
        result[name] = { floats: attribute.asFloats() ?? [] };
        break;
      case AttributeType.STRING:
        result[name] = { string: attribute.asString() ?? '' };
        break;
      case AttributeType.STRINGS:
        result[name] = { strings: attribute.asStrings() ?? [] };
        break;
      case AttributeType.TENSOR: {
        const tensor = attribute.asTensor();
        if (tensor !== undefined) result[name] = { tensor: tensor.dense() };
        break;
      }
      default:
        throw new RangeError(`attribute ${name} of ${node.opType} cannot be copied`);
    }
  }
  return result;
}
