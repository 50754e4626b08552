/** Facts with a name: fields first, then a stable dotted event. What pino gives, and nothing more, so tests can listen. */
export type Log = {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}
