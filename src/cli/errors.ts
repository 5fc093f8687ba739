import { ExitStatus } from './exit.js';
import type { Io } from './io.js';

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
function describeError(error: unknown): Outcome {
  if (error instanceof CliError) return { status: error.status, message: error.message };
  if (!(error instanceof Error)) return { status: ExitStatus.INTERNAL, message: `internal error: ${String(error)}` };
  const message = oneLine(error.message);
  if (error.name === 'FormatError') return { status: ExitStatus.UNREADABLE, message };
  const reason = systemReason(error);
  if (reason !== undefined) {
    const { path } = error as NodeJS.ErrnoException;
    return { status: ExitStatus.UNREADABLE, message: path === undefined ? reason : `${path}: ${reason}` };
  }
  const hint = 'set ONNX_SURGEON_DEBUG=1 to see where';
  return { status: ExitStatus.INTERNAL, message: `internal error: ${message} (${hint})` };
}

/** {@link describeError}, and the stack trace when it is asked for. */
export function explainError(error: unknown, io: Io): Outcome {
  if (io.env.ONNX_SURGEON_DEBUG === '1' && error instanceof Error) io.err(`${error.stack}\n`);
  return describeError(error);
}

/** A sentence about a file, which is named once. */
export function about(path: string, message: string): string {
  return message.startsWith(path) ? message : `${path}: ${message}`;
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

/** What the system says against a file, in words; undefined for errors of other kinds. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return REASONS[code] ?? oneLine(error.message);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
