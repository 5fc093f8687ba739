import * as ort from 'onnxruntime-node';
import type { AttributeInput } from '../../src/model/attribute-input.js';
import { serialize } from '../../src/model/save.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { fromWire, toWire, type WireTensor } from '../../src/verify/ort-tensor.js';
import { emptyModel } from './build-model.js';

/** One node to run. */
export interface NodeRun {
  readonly opType: string;
  readonly domain?: string;
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (DenseTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly opset?: number;
  readonly outputs?: number;
}

/** What onnxruntime gives for a model of one node; rejects when it refuses the node or its inputs. */
export async function runInOnnxruntime(run: NodeRun): Promise<DenseTensor[]> {
  const model = await emptyModel({ opset: run.opset ?? 21, irVersion: 9 });
  const { graph } = model;
  const inputs = run.inputs.map(
    (tensor, i) =>
      tensor && graph.addInput(`x${i}`, tensor.dtype, new Array<undefined>(tensor.shape.length).fill(undefined)),
  );
  const node = graph.addNode({
    opType: run.opType,
    ...(run.domain === undefined ? {} : { domain: run.domain }),
    inputs,
    outputs: run.outputs ?? 1,
    attributes: run.attributes ?? {},
  });
  for (const output of node.outputs) if (output !== undefined) graph.addOutput(output);
  const session = await ort.InferenceSession.create(await serialize(model), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    run.inputs.forEach((tensor, i) => {
      if (tensor === undefined) return;
      const { type, dims, data } = toWire(tensor);
      feeds[`x${i}`] = new ort.Tensor(type as 'float32', data as Float32Array, [...dims]);
    });
    const results = await session.run(feeds);
    return node.outputs.map((output) => fromWire(results[output?.name ?? ''] as unknown as WireTensor));
  } finally {
    await session.release();
  }
}
