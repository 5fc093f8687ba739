import * as ort from 'onnxruntime-node';

/** What onnxruntime gives for a model file with one float input and output, without optimising it. */
export async function runModel(path: string, name: string, data: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(path, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const results = await session.run({ [name]: new ort.Tensor('float32', data, [data.length]) });
    return results[session.outputNames[0] as string]?.data as Float32Array;
  } finally {
    await session.release();
  }
}
