// The process that onnxruntime runs in. It is plain JavaScript so that the same file can be started from the sources
// and from the build; it knows nothing of the rest of the package. Protocol: see runtime.ts.

/**
 * @typedef {{ type: string, dims: readonly number[], data: ArrayBufferView | string[] }} WireTensor
 * @typedef {{ seq: number, op: 'open', session: number, path: string, optimize: boolean }} OpenRequest
 * @typedef {{ seq: number, op: 'run', session: number, feeds: Record<string, WireTensor> }} RunRequest
 * @typedef {{ seq: number, op: 'close', session: number }} CloseRequest
 * @typedef {OpenRequest | RunRequest | CloseRequest} Request
 */

/** @type {typeof import('onnxruntime-node') | undefined} */
let ort;
/** @type {Map<number, import('onnxruntime-node').InferenceSession>} */
const sessions = new Map();

/** @param {Record<string, unknown>} message */
function send(message) {
  if (process.connected) process.send?.(message);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {number} id */
function sessionOf(id) {
  const session = sessions.get(id);
  if (session === undefined) throw new Error(`no session ${id}`);
  return session;
}

/** @param {readonly import('onnxruntime-node').InferenceSession.ValueMetadata[]} metadata */
function ports(metadata) {
  return metadata.map((port) =>
    port.isTensor ? { name: port.name, type: port.type, shape: [...port.shape] } : { name: port.name },
  );
}

/**
 * @param {NonNullable<typeof ort>} api
 * @param {OpenRequest} request
 */
async function open(api, { session, path, optimize }) {
  const opened = await api.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    // One thread: sums are then always taken in the same order.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  sessions.set(session, opened);
  return { inputs: ports(opened.inputMetadata), outputs: ports(opened.outputMetadata) };
}

/**
 * @param {NonNullable<typeof ort>} api
 * @param {RunRequest} request
 */
async function run(api, { session, feeds }) {
  /** @type {Record<string, import('onnxruntime-node').Tensor>} */
  const tensors = {};
  for (const [name, { type, dims, data }] of Object.entries(feeds)) {
    tensors[name] = Reflect.construct(api.Tensor, [type, data, dims]);
  }
  const results = await sessionOf(session).run(tensors);
  return Object.entries(results).map(([name, { type, dims, data }]) => {
    // Where the engine has Float16Array, structured clone may not know it: the bits travel.
    const half = type === 'float16' && ArrayBuffer.isView(data);
    return { name, type, dims, data: half ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data };
  });
}

/** @param {Request} request */
async function answer(request) {
  if (ort === undefined) throw new Error('onnxruntime is not loaded');
  if (request.op === 'open') return open(ort, request);
  if (request.op === 'run') return run(ort, request);
  await sessionOf(request.session).release();
  sessions.delete(request.session);
  return undefined;
}

process.on('disconnect', () => process.exit(0));

try {
  ort = await import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  send({ ready: true });
} catch (error) {
  send({ unavailable: messageOf(error) });
}

// One request at a time, in the order they came.
let last = Promise.resolve();
process.on('message', (/** @type {Request} */ request) => {
  last = last.then(async () => {
    try {
      send({ seq: request.seq, result: await answer(request) });
    } catch (error) {
      send({ seq: request.seq, error: messageOf(error) });
    }
  });
});
