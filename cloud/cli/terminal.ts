/** What a command may know of the terminal it runs in. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** False for pipes and under --json: then nothing is asked and nothing is drawn. */
  readonly isInteractive: boolean
  /** Prints `value` under --json, else the lines. */
  result(value: object, lines: () => readonly string[]): void
}
