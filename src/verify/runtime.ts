/**
 * onnxruntime in a process of its own: some models take the whole process down (an integer division by zero in a fused
 * kernel on an empty tensor), and a tool that verifies must be able to say so.
 *
 * Protocol (Node IPC, structured clone): the child first says `{ ready }` or `{ unavailable }`, then answers every
 * `{ seq, op, ... }` with `{ seq, result }` or `{ seq, error }`, in order.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DenseTensor } from '../tensor/dense.js';
import { RuntimeCrash, RuntimeFailure, RuntimeUnavailableError } from './errors.js';
import { dataTypeOf, fromWire, toWire, type WireTensor } from './ort-tensor.js';

/** An input or output of a model as onnxruntime sees it. */
export interface Port {
  readonly name: string;
  /** Undefined for sequences, maps and element types that cannot be fed. */
  readonly dtype: number | undefined;
  /** A number, a symbol, or undefined where the file says nothing. Empty for scalars and for unknown ranks. */
  readonly shape: readonly (number | string | undefined)[];
}

/** A model loaded into onnxruntime. Survives a crash of the process: it is loaded again when it is needed next. */
export interface Session {
  readonly path: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Runs the model.
   *
   * @throws RuntimeFailure when onnxruntime reports an error.
   * @throws RuntimeCrash when it took its process down or ran out of time.
   */
  run(feeds: ReadonlyMap<string, DenseTensor>): Promise<Map<string, DenseTensor>>;
  close(): Promise<void>;
}

/** Options of {@link Runtime}. */
export interface RuntimeOptions {
  /** Time limit of one load or run, in milliseconds; default 60,000. */
  readonly timeoutMs?: number;
}

/** Options of {@link Runtime.open}. */
export interface OpenOptions {
  /** Graph optimisations: on (as applications run the model, the default) or off (every node as the file has it). */
  readonly optimize?: boolean;
}

interface RawPort {
  readonly name: string;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}
interface Opened {
  readonly inputs: readonly RawPort[];
  readonly outputs: readonly RawPort[];
}
type NamedWire = WireTensor & { readonly name: string };
interface Reply {
  readonly ready?: boolean;
  readonly unavailable?: string;
  readonly seq?: number;
  readonly result?: unknown;
  readonly error?: string;
}
interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A child process with onnxruntime; started at the first use, and again after a crash. Close it when done. */
export class Runtime {
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #ready: Promise<void> | undefined;
  #seq = 0;
  #generation = 0;
  #sessions = 0;

  constructor({ timeoutMs = 60_000 }: RuntimeOptions = {}) {
    this.#timeoutMs = timeoutMs;
  }

  /** Starts the process ahead of its first use. @throws RuntimeUnavailableError when onnxruntime cannot be loaded. */
  start(): Promise<void> {
    this.#ready ??= this.#spawn();
    return this.#ready;
  }

  /** Can onnxruntime be used here? */
  async isAvailable(): Promise<boolean> {
    try {
      await this.start();
      return true;
    } catch (error) {
      if (error instanceof RuntimeUnavailableError) return false;
      throw error;
    }
  }

  /**
   * Loads a model from a file; external data is looked for beside it.
   *
   * @throws RuntimeUnavailableError when onnxruntime-node is not installed.
   * @throws RuntimeFailure when onnxruntime refuses the model.
   * @throws RuntimeCrash when it took its process down or ran out of time.
   */
  async open(path: string, { optimize = true }: OpenOptions = {}): Promise<Session> {
    const id = ++this.#sessions;
    const load = async () => (await this.#request({ op: 'open', session: id, path, optimize })) as Opened;
    const opened = await load();
    let generation = this.#generation;
    return {
      path,
      inputs: opened.inputs.map(portOf),
      outputs: opened.outputs.map(portOf),
      run: async (feeds) => {
        await this.start();
        if (generation !== this.#generation) {
          await load();
          generation = this.#generation;
        }
        const wire = Object.fromEntries([...feeds].map(([name, tensor]) => [name, toWire(tensor)]));
        const results = (await this.#request({ op: 'run', session: id, feeds: wire })) as NamedWire[];
        return new Map(results.map((result) => [result.name, fromWire(result)]));
      },
      close: async () => {
        if (generation === this.#generation && this.#child) await this.#request({ op: 'close', session: id });
      },
    };
  }

  /** Ends the process. Requests that are under way are rejected. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  #spawn(): Promise<void> {
    const child = fork(fileURLToPath(new URL('./child.mjs', import.meta.url)), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    this.#generation++;
    return new Promise((resolve, reject) => {
      child.on('message', (message) => {
        const reply = message as Reply;
        if (reply.ready) resolve();
        else if (reply.unavailable !== undefined) reject(unavailable(reply.unavailable));
        else this.#settle(reply);
      });
      child.on('error', (error) => reject(unavailable(error.message)));
      child.on('exit', (code, signal) => {
        if (this.#child === child) {
          this.#child = undefined;
          this.#ready = undefined;
        }
        const crash = new RuntimeCrash(`onnxruntime ended its process (${signal ?? `exit status ${code}`})`);
        reject(crash);
        this.#rejectAll(crash);
      });
    });
  }

  #settle({ seq, result, error }: Reply): void {
    const pending = seq === undefined ? undefined : this.#pending.get(seq);
    if (seq === undefined || pending === undefined) return;
    this.#pending.delete(seq);
    clearTimeout(pending.timer);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new RuntimeFailure(error));
  }

  #rejectAll(error: Error): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }

  async #request(message: Record<string, unknown>): Promise<unknown> {
    await this.start();
    const child = this.#child;
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#rejectAll(new RuntimeCrash(`onnxruntime did not finish within ${this.#timeoutMs / 1000} s`));
        child?.kill('SIGKILL');
      }, this.#timeoutMs);
      this.#pending.set(seq, { resolve, reject, timer });
      child?.send({ ...message, seq }, (error) => {
        if (error === null || !this.#pending.delete(seq)) return;
        clearTimeout(timer);
        reject(new RuntimeCrash(`onnxruntime's process cannot be reached: ${error.message}`));
      });
    });
  }
}

function unavailable(reason: string): RuntimeUnavailableError {
  const isMissing = /Cannot find (package|module) 'onnxruntime-node'/.test(reason);
  return new RuntimeUnavailableError(`onnxruntime-node ${isMissing ? 'is not installed' : `does not load: ${reason}`}`);
}

function portOf({ name, type, shape = [] }: RawPort): Port {
  return {
    name,
    dtype: type === undefined ? undefined : dataTypeOf(type),
    shape: shape.map((dim) => (dim === '' || (typeof dim === 'number' && dim < 0) ? undefined : dim)),
  };
}
