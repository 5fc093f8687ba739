/** Exit statuses of the command line. */
export const ExitStatus = {
  /** Done, or nothing to do. */
  OK: 0,
  /** Defects are left, models do not agree, or something was found. */
  FINDINGS: 1,
  /** The command line is wrong. */
  USAGE: 2,
  /** A model cannot be read, or is not valid. */
  UNREADABLE: 3,
  /** A fault of this program or of the machine. */
  INTERNAL: 4,
} as const;

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** The status that stands for several: the worst. */
export function worstOf(statuses: readonly ExitStatus[]): ExitStatus {
  return Math.max(ExitStatus.OK, ...statuses) as ExitStatus;
}
