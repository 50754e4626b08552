import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createListenerClient, type ListenerClient } from '../../../cloud/broker/listener-client.ts'
import { listeningLog, until } from '../ingest/journal-support.ts'

const sockets: Socket[] = []
let listener: ListenerClient | undefined
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  listener?.close()
})

test('so many strangers may wait at one address, not one more; one that is accepted or leaves makes room', async () => {
  let refused = 0
  const handled: { socket: Socket; accepted: () => void }[] = []
  const made = createListenerClient({
    listeners: { plain: { host: '127.0.0.1', port: 0 } },
    log: listeningLog(),
    count: (_, by) => {
      refused += by
    },
    strangersPerAddress: 3,
  })
  listener = made
  await made.start((socket, accepted) => void handled.push({ socket, accepted }))
  const knock = async (): Promise<Socket> => {
    const socket = connect(made.ports().plain ?? 0, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  for (let index = 0; index < 3; index += 1) await knock()
  await until(() => handled.length === 3)
  await once(await knock(), 'close')
  expect({ refused, handled: handled.length }).toEqual({ refused: 1, handled: 3 })
  handled[0]?.accepted()
  await knock()
  await until(() => handled.length === 4)
  sockets[1]?.destroy()
  handled[1]?.socket.resume()
  await until(() => handled[1]?.socket.closed === true)
  await knock()
  await until(() => handled.length === 5)
  expect(refused).toBe(1)
})
