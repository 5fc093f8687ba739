import { run } from '../../src/cli/run.js';

/** What a run of the command line left behind. */
export interface CliRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Something to write to that remembers. */
export function recorder(env: Readonly<Record<string, string | undefined>> = {}) {
  const texts = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      texts.out += text;
    },
    err: (text: string) => {
      texts.err += text;
    },
    env,
    color: false,
    isTerminal: false,
  };
  return { io, texts };
}

/** Runs the command line in this process. */
export async function cli(...argv: string[]): Promise<CliRun> {
  const { io, texts } = recorder();
  const status = await run(argv, io);
  return { status, ...texts };
}
