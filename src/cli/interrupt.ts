/** What happens to unfinished work when the process is told to end. */
import { rmSync } from 'node:fs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const unfinished = new Set<string>();
const running = new Set<Promise<unknown>>();
const interruption = new AbortController();
let isWatching = false;

/**
 * Registers a file or folder that is to be removed when a signal ends the process.
 * @returns takes it back
 */
export function untilSignal(path: string): () => void {
  watch();
  unfinished.add(path);
  return () => unfinished.delete(path);
}

/** Does something that a signal stops; the process ends when it has cleaned up after itself. */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  watch();
  const result = action(interruption.signal);
  running.add(result);
  try {
    return await result;
  } catch (error) {
    // The signal ends the process in a moment; nobody has to hear what it broke off.
    if (interruption.signal.aborted) await new Promise(() => undefined);
    throw error;
  } finally {
    running.delete(result);
  }
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  for (const signal of SIGNALS) {
    process.once(signal, async () => {
      interruption.abort();
      await Promise.allSettled(running);
      for (const path of unfinished) rmSync(path, { recursive: true, force: true });
      process.kill(process.pid, signal);
    });
  }
}
