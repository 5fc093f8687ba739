import { ExitStatus } from './exit.js';

/** An error whose sentence is meant for the person at the terminal. */
export class CliError extends Error {
  override name = 'CliError';
  constructor(
    readonly status: ExitStatus,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line is wrong. */
export class UsageError extends CliError {
  override name = 'UsageError';
  constructor(message: string) {
    super(ExitStatus.USAGE, message);
  }
}

/** What to tell and how to exit. */
export interface Outcome {
  readonly status: ExitStatus;
  readonly message: string;
}

/** The sentence and exit status for anything thrown. Errors are told apart by name, so that nothing has to be loaded. */
export function describeError(error: unknown): Outcome {
  if (error instanceof CliError) return { status: error.status, message: error.message };
  if (!(error instanceof Error)) return { status: ExitStatus.INTERNAL, message: `internal error: ${String(error)}` };
  const message = oneLine(error.message);
  if (error.name === 'FormatError') return { status: ExitStatus.UNREADABLE, message };
  const system = describeSystemError(error);
  if (system !== undefined) return system;
  const hint = 'set ONNX_SURGEON_DEBUG=1 to see where';
  return { status: ExitStatus.INTERNAL, message: `internal error: ${message} (${hint})` };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'part of the path is not a directory',
  EISDIR: 'is a directory, not a file',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space is left on the device',
  EMFILE: 'too many open files',
};

/** Calls of the file system that only reading makes. */
const READING = new Set(['open', 'read', 'stat', 'lstat', 'access', 'realpath', 'scandir']);

function describeSystemError(error: Error): Outcome | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const reason = REASONS[code] ?? oneLine(error.message);
  const message = path === undefined ? reason : `${path}: ${reason}`;
  return { status: READING.has(syscall) ? ExitStatus.UNREADABLE : ExitStatus.INTERNAL, message };
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
