// Broker, ingest and journal in a process of their own, to be killed: `node ingest-process.ts <journal file> <port>`.
import { createEmbeddedBroker } from '../../../cloud/broker/app.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { realClock } from './journal-support.ts'

const [, , path = '', port = '0'] = process.argv
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const count = () => {}
const journal = createJournalStore({ path, clock: realClock })
const ingest = createIngestService({
  ...{ journal, clock: realClock, log, count },
  publish: (topic, payload, options) => broker.publish(topic, payload, options),
})
const broker = createEmbeddedBroker({
  listeners: { plain: { host: '127.0.0.1', port: Number(port) } },
  credentials: {
    checkPassword: async () => true,
    isRevoked: () => false,
    isRevokedByNow: async () => false,
    certificateCounts: () => true,
  },
  onStatus: () => {},
  ...{ ingest, clock: realClock, log, count },
})
broker.onGatewayConnected(ingest.gatewayConnected)
await broker.start()
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
