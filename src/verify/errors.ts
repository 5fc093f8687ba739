/** onnxruntime-node is not installed, or its binary does not load here. */
export class RuntimeUnavailableError extends Error {
  override name = 'RuntimeUnavailableError';
}

/** onnxruntime refused to load a model or to run it; the message is its own. */
export class RuntimeFailure extends Error {
  override name = 'RuntimeFailure';
}

/** onnxruntime took its process down (a signal such as SIGFPE or SIGSEGV), or had to be stopped after the time limit. */
export class RuntimeCrash extends Error {
  override name = 'RuntimeCrash';
}

/** The first line of what onnxruntime says, without its source paths and status boilerplate. */
export function shortMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^.*?Status Message:\s*/s, '')
    .replace(/\s*\/\S*onnxruntime\S*:\d+\s.*?\)\s(?=\S)/gs, ' ')
    .replace(/^\s*Error in execution:\s*/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}
