// A broker process to be ill-treated: `node aedes-process.ts ours|stock`. Prints its port.
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { aedesOptions } from '../../../cloud/broker/embedded-broker-client.ts'

const aedes = new Aedes(process.argv[2] === 'stock' ? {} : aedesOptions())
await aedes.listen()
const server = createServer(aedes.handle)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
process.on('disconnect', () => process.exit(0))
