import type { Log } from '../log.ts'
import { createLocalBroker } from './broker-client.ts'
import { type FromBroker, isToBroker } from './broker-process.ts'

// The in-car broker in a process of its own, started by the gateway (see broker-loop.ts) and never by hand.

const tell = (message: FromBroker): void => {
  if (process.connected) process.send?.(message)
}
const logAs =
  (level: Extract<FromBroker, { kind: 'log' }>['level']) =>
  (fields: object, event: string): void =>
    tell({ kind: 'log', level, fields: { ...fields }, event })
const log: Log = { debug: () => undefined, info: logAs('info'), warn: logAs('warn'), error: logAs('error') }

if (process.send === undefined) {
  console.error('The in-car broker is started by the gateway: node edge/main.ts')
  process.exit(2)
}

// Without its gateway nobody may switch or hear anything: no broker. Ctrl-C is the gateway's to answer.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => undefined)
process.on('message', (message: unknown) => {
  if (!isToBroker(message)) return
  if (message.kind === 'ping') return tell({ kind: 'pong' })
  createLocalBroker({ plan: message.plan, secrets: message.secrets, log })
    .start()
    .then(
      (port) => tell({ kind: 'listening', port }),
      (cause: unknown) => {
        console.error(cause instanceof Error ? cause.message : cause)
        process.exit(1)
      },
    )
})
