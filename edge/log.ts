/** Facts with a name: data in the fields, a stable dotted event as the message. pino satisfies it. */
export type Log = {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}
