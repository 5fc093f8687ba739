import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';

/** A model without nodes, to build on with `model.graph.addInput`, `addNode` ... */
export function emptyModel({ opset = 17, irVersion = 8 } = {}): Promise<Model> {
  // ModelProto { ir_version = 1, opset_import = 8 { version = 2 }, graph = 7 { name = 2 } }
  return load(Uint8Array.of(0x08, irVersion, 0x42, 2, 0x10, opset, 0x3a, 3, 0x12, 1, 'g'.charCodeAt(0)));
}
