import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import mqtt from 'mqtt-packet'
import { createTestAuthority } from '../cloud/broker/test-authority.ts'
import { freePort } from '../support/real-servers-process.ts'
import type { Bench, BenchResult } from './bench.ts'
import { startForked } from './forked.ts'
import { spread, table } from './table.ts'

const GATEWAYS = 3000
const LIMIT_S = 30
const AT_ONCE = 200
type Proof = { readonly id: string; readonly key: string; readonly cert: string }

/** A whole handshake with a client certificate, without a session from before, up to the broker's CONNACK. */
function enter(port: number, ca: string, { id, key, cert }: Proof): Promise<TLSSocket> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: '127.0.0.1', ca, key, cert, checkServerIdentity: () => undefined })
    const parser = mqtt.parser()
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('closed before it was connected')))
    socket.once('secureConnect', () =>
      socket.write(
        mqtt.generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          keepalive: 1200,
          clientId: id,
          username: id,
        }),
      ),
    )
    parser.on('packet', (packet) => {
      if (packet.cmd !== 'connack' || packet.returnCode !== 0) return fail(new Error('refused'))
      socket.removeAllListeners('close')
      socket.on('error', () => {})
      done(socket)
    })
    socket.on('data', (bytes: Buffer) => parser.parse(bytes))
  })
}

/** What 3,000 gateways with certificates cost that come all at once, as after a restart of the cloud. */
export const tls: Bench = {
  name: 'tls',
  about: '3,000 connections with client certificates, full handshakes, against the embedded broker',
  run: async ({ full, print }): Promise<BenchResult> => {
    const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-tls-'))
    const authority = await createTestAuthority()
    const server = await authority.issue('127.0.0.1')
    for (const [file, text] of Object.entries({ ca: authority.ca, ...server })) writeFileSync(join(dir, file), text)
    const proofs: Proof[] = []
    for (let index = 0; index < GATEWAYS; index += 1) {
      const id = `gw-tls${String(index).padStart(6, '0')}`
      proofs.push({ id, ...(await authority.issue(id)) })
    }
    const [seconds, brokerCpu, ownCpu]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round < (full ? 5 : 2); round += 1) {
      const port = await freePort()
      const broker = await startForked('./tls-broker.ts', [dir, String(port)])
      const [cpu, own, began] = [broker.cpuSeconds(), process.cpuUsage(), performance.now()]
      const sockets: TLSSocket[] = []
      try {
        let next = 0
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (let proof = proofs[next++]; proof !== undefined; proof = proofs[next++])
              sockets.push(await enter(port, authority.ca, proof))
          }),
        )
        seconds.push((performance.now() - began) / 1000)
        brokerCpu.push(broker.cpuSeconds() - cpu)
        const used = process.cpuUsage(own)
        ownCpu.push((used.user + used.system) / 1e6)
      } finally {
        for (const socket of sockets) socket.destroy()
        await broker.stop()
      }
    }
    rmSync(dir, { recursive: true, force: true })
    const took = spread(seconds)
    print(
      table([
        ['what, median', ''],
        [`${GATEWAYS} connected, s (goal ${LIMIT_S})`, took.median],
        ['CPU seconds of the broker', spread(brokerCpu).median],
        ['CPU seconds of the generator beside it', spread(ownCpu).median],
      ]),
    )
    return {
      unit: `s for ${GATEWAYS} connects`,
      pairs: seconds.length,
      own: took,
      peer: null,
      ratio: null,
      void: took.median > LIMIT_S ? `${took.median} s` : null,
      more: { brokerCpu: spread(brokerCpu), generatorCpu: spread(ownCpu) },
    }
  },
}
