import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { Aedes } from 'aedes'
import mqemitter from 'mqemitter'

/**
 * The peer's cloud: a click as most trackers have it. `POST /block?car=` publishes a bare word at QoS 1, `GET /events`
 * tells what the cars answer. No journal, no signature, no database, no interlock, nobody asked who he is.
 */
const broker = await Aedes.createBroker({ mq: mqemitter({ concurrency: 0 }) })
const tcp = createTcp({ noDelay: true }, (socket) => broker.handle(socket))
const readers = new Set<{ write(text: string): unknown }>()
broker.on('publish', (packet) => {
  const [kind, car] = packet.topic.split('/')
  if (kind !== 'done') return
  for (const reader of readers) reader.write(`data: ${car} ${packet.payload.toString()}\n\n`)
})
const http = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (url.pathname === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
    readers.add(response)
    return
  }
  request.resume().on('end', () => {
    const topic = `order/${url.searchParams.get('car')}`
    const payload = Buffer.from(url.pathname.slice(1))
    broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => {
      response.writeHead(202, { 'content-type': 'application/json' }).end('{}')
    })
  })
})
tcp.listen(0, '127.0.0.1', () =>
  http.listen(0, '127.0.0.1', () =>
    process.send?.({ mqtt: (tcp.address() as AddressInfo).port, http: (http.address() as AddressInfo).port }),
  ),
)
process.on('disconnect', () => process.exit(0))
