// The same broker library with the same options and none of our hooks: it acknowledges and stores nothing.
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { aedesOptions } from '../../cloud/broker/embedded-broker-client.ts'

const aedes = new Aedes(aedesOptions())
await aedes.listen()
const server = createServer((socket) => void aedes.handle(socket))
server.listen(Number(process.argv[3]), '127.0.0.1', () => process.send?.('ready'))
process.on('disconnect', () => process.exit(0))
