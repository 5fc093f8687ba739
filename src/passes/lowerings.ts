/** Which nodes are to be lowered, and how. */
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { atenLowerings } from '../rewrite/lowering/aten/index.js';
import { complexLowerings } from '../rewrite/lowering/complex/index.js';
import { contribLowerings } from '../rewrite/lowering/contrib/index.js';
import type { TorchOperator } from '../rewrite/lowering/identify.js';
import type { Lowering } from '../rewrite/lowering/lowering.js';
import { onnxLowerings } from '../rewrite/lowering/onnx/index.js';
import { type CustomOperators, operatorName } from './custom-operators.js';

/** What is asked to be lowered besides custom operators. */
export interface LoweringChoice {
  readonly custom: CustomOperators;
  readonly contrib: boolean;
  readonly lower: ReadonlySet<string>;
}

/** A node to lower. */
export interface FoundLowering {
  /** Undefined where there is none. */
  readonly lowering: Lowering | undefined;
  /** Why there is none. */
  readonly reason: string;
  /** The operator, for people. */
  readonly label: string;
  /** Beginning of the names of what takes its place. */
  readonly name: string;
  readonly overload: string;
  readonly torch: TorchOperator | undefined;
}

/** How the node is to be lowered; undefined for one that can stay. */
export function findLowering(
  node: Node,
  complex: ReadonlySet<Value>,
  { custom, contrib, lower }: LoweringChoice,
): FoundLowering | undefined {
  const { domain, opType } = node;
  const operator = custom(node);
  const torch = operator?.torch;
  const label = operatorName(node, torch);
  const found = (lowering: Lowering | undefined, reason: string, name = opType.toLowerCase()) => {
    return { lowering, reason, label, name, overload: torch?.overload ?? '', torch };
  };
  if (torch !== undefined) {
    if (torch.namespace === 'prim' && torch.name === 'ListConstruct') return undefined;
    return found(own(atenLowerings, torch.name), 'no equivalent in standard operators is known', torch.name);
  }
  if (operator !== undefined) return found(undefined, `a custom operator of ${domain || 'an unknown library'}`);
  if (node.inputs.some((input) => input !== undefined && complex.has(input))) {
    const lowering = domain === '' ? own(complexLowerings, opType) : undefined;
    return found(lowering, 'it reads complex numbers, which it has no lowering for');
  }
  if (domain === '' && opType === 'Cast' && isComplexType(node)) return found(complexLowerings.Cast, '');
  if (domain === '' && lower.has(opType)) return found(own(onnxLowerings, opType), 'it has no lowering');
  if (contrib && isContrib(node)) return found(own(contribLowerings, opType), 'it has no lowering');
  return undefined;
}

/** Names of standard operators that can be lowered on request. */
export function lowerableOperators(): string[] {
  return Object.keys(onnxLowerings);
}

/** An operator of onnxruntime's own. Some are in the domain of ONNX, one of which ONNX took over in opset 17. */
function isContrib({ domain, opType, graph }: Node): boolean {
  if (domain !== '') return domain === 'com.microsoft';
  return opType === 'SimplifiedLayerNormalization' || (opType === 'LayerNormalization' && (graph.opset() ?? 0) < 17);
}

function isComplexType(node: Node): boolean {
  const to = Number(node.attributes.get('to')?.asInt());
  return to === 14 || to === 15;
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
