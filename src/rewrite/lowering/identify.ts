import type { Node } from '../../model/node.js';

/** An operator of PyTorch that an exporter left in a model. */
export interface TorchOperator {
  /** Without namespace, overload and the underscore of operators that work in place: `stft`. */
  readonly name: string;
  readonly overload: string;
  /** `aten`, or another namespace such as `prim`. */
  readonly namespace: string;
}

/** `aten`, `org.pytorch.aten` .. */
const DOMAIN = /^(?:org\.pytorch\.)?_?(aten|prim|prims|quantized|torchvision|torchaudio)$/;

/**
 * The PyTorch operator that a node stands for, in any of the spellings of exporters: domain and operator
 * (`org.pytorch.aten::stft`, `aten::stft.center`), or an `ATen` node (of any domain) that has the name as an attribute.
 */
export function torchOperator(node: Node): TorchOperator | undefined {
  const { domain, opType, attributes } = node;
  if (opType === 'ATen') {
    const operator = attributes.get('operator')?.asString();
    if (operator === undefined) return undefined;
    return parse('aten', operator, attributes.get('overload_name')?.asString() ?? '');
  }
  const namespace = DOMAIN.exec(domain)?.[1] ?? (opType.startsWith('aten::') ? 'aten' : undefined);
  if (namespace === undefined) return undefined;
  return parse(namespace, opType, attributes.get('overload_name')?.asString() ?? node.overload);
}

function parse(namespace: string, text: string, overloadName: string): TorchOperator {
  const [, given = namespace, name = text, overload = ''] = /^(?:(\w+)::)?(\w+?)(?:\.(\w+))?$/.exec(text) ?? [];
  // add_ works in place, and gives what add gives; __and__ is a name.
  const plain = name.endsWith('_') && !name.startsWith('__') ? name.slice(0, -1) : name;
  return { name: plain, overload: overloadName || overload, namespace: given };
}
