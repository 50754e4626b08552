import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** `systemd-notify` speaks for us: Node opens no Unix datagram sockets, and an addon for one line a minute is too much. */
export const createSystemdNotify =
  (program = 'systemd-notify') =>
  async (state: string): Promise<void> => {
    await run(program, [state], { timeout: 5000 })
  }
