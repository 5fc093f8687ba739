/** Operators that no runtime brings along, and how they are told of. */
import type { Attribute } from '../model/attribute.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import { lookupOp } from '../ops/registry.js';
import type { Schemas } from '../ops/schema.js';
import { type TorchOperator, torchOperator } from '../rewrite/lowering/identify.js';
import type { Finding } from './pass.js';
import { nodeName } from './report-text.js';

/** Domains of libraries that users add to onnxruntime: onnxruntime-extensions. */
const LIBRARIES = new Set(['ai.onnx.contrib']);

/** An operator that is not of ONNX, of onnxruntime, or of the model's own functions. */
export interface CustomOperator {
  /** What it is of PyTorch's; undefined where it is somebody else's. */
  readonly torch?: TorchOperator | undefined;
}

/** Tells custom operators of a model from known ones. */
export type CustomOperators = (node: Node) => CustomOperator | undefined;

/**
 * @param schemas - of all known operators; may be missing where the model has only operators with rules
 */
export function customOperators(model: Model, schemas: Schemas | undefined): CustomOperators {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}::${name}`));
  const domains = new Set([...(schemas?.domains ?? []), ...LIBRARIES]);
  return (node) => {
    const { domain, opType } = node;
    if (lookupOp(domain, opType) !== undefined || functions.has(`${domain}::${opType}`)) return undefined;
    const torch = torchOperator(node);
    if (torch !== undefined) return { torch };
    return schemas === undefined || domains.has(domain) ? undefined : {};
  };
}

/** `org.pytorch.aten::stft`, or what an `ATen` node stands for. */
export function operatorName(node: Node, torch?: TorchOperator): string {
  if (torch !== undefined && node.opType === 'ATen') return `aten::${torch.name}`;
  return node.domain === '' ? node.opType : `${node.domain}::${node.opType}`;
}

/** What is left, with what the user has to know to do something about it. */
export function leftOperator(node: Node, torch: TorchOperator | undefined, reason: string): Finding {
  const attributes = [...node.attributes].map(attributeText);
  const inputs = node.inputs.map((input) => input?.name ?? 'none');
  const evidence = [
    `inputs: ${inputs.join(', ') || 'none'}`,
    `attributes: ${attributes.join(', ') || 'none'}`,
    torch === undefined
      ? `load the library that implements ${node.domain || 'it'} in the runtime, define it as a function in the model, or export without it`
      : 'rewrite the call in the module with operations that the exporter knows, or register a symbolic function for it, and export again',
  ];
  const message = `${operatorName(node, torch)}: ${reason}`;
  return { code: 'custom-operator', message, node: nodeName(node), evidence };
}

function attributeText(attribute: Attribute): string {
  const numbers = attribute.asInts() ?? attribute.asFloats();
  const value =
    attribute.asInt() ?? attribute.asFloat() ?? attribute.asString() ?? (numbers && `[${numbers.join(', ')}]`);
  return value === undefined ? attribute.name : `${attribute.name}=${value}`;
}
