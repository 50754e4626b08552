import { readFileSync } from 'node:fs'
import { createEmbeddedBroker } from '../../cloud/broker/app.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'

/** The embedded broker alone, with certificates: `tls-broker.ts <folder with ca, cert, key> <port>`. */
const [folder = '', port = '0'] = process.argv.slice(2)
const read = (file: string) => readFileSync(`${folder}/${file}`, 'utf8')
const broker = createEmbeddedBroker({
  listeners: { tls: { host: '127.0.0.1', port: Number(port), ca: read('ca'), cert: read('cert'), key: read('key') } },
  credentials: {
    checkPassword: async () => false,
    isRevoked: () => false,
    isRevokedByNow: async () => false,
    certificateCounts: () => true,
  },
  ingest: { accept: async () => {} },
  onStatus: () => {},
  count: () => {},
  clock: systemClock,
  log: silentLog,
})
await broker.start()
process.send?.('ready')
