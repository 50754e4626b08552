// The limit of an MQTT front in Node: MQTT 3.1.1 by hand, JSON.parse, one INSERT per record, SQLite FULL with group
// commit, PUBACK after it. No access list, no parser of records, no receipts. `node bare-front.ts <file> <port>`.
import { createServer, type Socket } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { parseCompactBatch } from '#contract/compact-batch.ts'

const [, , path = '', port = '0'] = process.argv
const db = new DatabaseSync(path)
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, gateway TEXT, stream TEXT UNIQUE);
  CREATE TABLE entries (position INTEGER PRIMARY KEY, stream_id INTEGER, seq INTEGER, record TEXT, UNIQUE (stream_id, seq));`)
const insert = db.prepare('INSERT OR IGNORE INTO entries (stream_id, seq, record) VALUES (?, ?, ?)')
const open = db.prepare('INSERT INTO streams (gateway, stream) VALUES (?, ?)')
const streams = new Map<string, number>()
const streamOf = (stream: string): number => {
  const known = streams.get(stream) ?? Number(open.run('', stream).lastInsertRowid)
  streams.set(stream, known)
  return known
}

type Message = { readonly socket: Socket; readonly id: Buffer; readonly payload: Buffer }
let waiting: Message[] = []
let timer: 'set' | 'unset' = 'unset'

function commit(): void {
  timer = 'unset'
  const group = waiting
  waiting = []
  db.exec('BEGIN')
  for (const { payload } of group) store(payload)
  db.exec('COMMIT')
  const acks = new Map<Socket, Buffer[]>()
  for (const { socket, id } of group) {
    const list = acks.get(socket) ?? []
    list.push(Buffer.from([0x40, 2, id[0] ?? 0, id[1] ?? 0]))
    acks.set(socket, list)
  }
  for (const [socket, list] of acks) socket.write(Buffer.concat(list))
}

function store(payload: Buffer): void {
  if (payload[0] === 0x7b) {
    const { stream, firstSeq, records } = JSON.parse(payload.toString())
    for (const [index, record] of records.entries())
      insert.run(streamOf(stream), firstSeq + index, JSON.stringify(record))
    return
  }
  const batch = parseCompactBatch(payload)
  if (!batch.ok) return
  for (const item of batch.items)
    if ('record' in item) insert.run(streamOf(batch.stream), item.seq, JSON.stringify(item.record))
}

function hear(socket: Socket, first: number, body: Buffer): void {
  const type = first >> 4
  if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]))
  else if (type === 8) socket.write(Buffer.from([0x90, 3, body[0] ?? 0, body[1] ?? 0, 1]))
  else if (type === 3) {
    const at = 2 + body.readUInt16BE(0)
    waiting.push({ socket, id: body.subarray(at, at + 2), payload: body.subarray(at + 2) })
    if (timer === 'unset') {
      timer = 'set'
      setTimeout(commit, 2)
    }
  }
}

const server = createServer((socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      let [length, at, more] = [0, 1, true]
      while (more && at < 5 && at < bytes.length) {
        const byte = bytes[at] ?? 0
        length += (byte & 0x7f) << (7 * (at - 1))
        more = byte > 0x7f
        at += 1
      }
      if (more || bytes.length < at + length) break
      hear(socket, bytes[0] ?? 0, bytes.subarray(at, at + length))
      bytes = bytes.subarray(at + length)
    }
    rest = bytes
  })
})
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'))
process.on('disconnect', () => process.exit(0))
