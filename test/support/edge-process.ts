import { randomBytes, randomUUID } from 'node:crypto'
import { createGateway, type GatewayConfig } from '../../edge/app.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

/** One gateway in a process of its own, to be killed: its configuration comes as the first argument, as JSON. */
const config: GatewayConfig = JSON.parse(process.argv[2] ?? '{}')
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
await createGateway(config, {
  clock: systemClock,
  log: silentLog,
  uuid: randomUUID,
  randomBytes: (length) => randomBytes(length),
}).run(stopping.signal)
