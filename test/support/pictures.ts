import { crc32, deflateSync } from 'node:zlib'

const segment = (marker: number, body: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** A TIFF block as a camera writes it: which way is up, its name, and a directory of the place. */
export function cameraBlock({ orientation, place }: { orientation: number; place: 'told' | 'untold' }): Buffer {
  const entries = place === 'told' ? 3 : 2
  const block = Buffer.alloc(8 + 2 + entries * 12 + 4 + 6 + 64)
  block.write('II', 0, 'latin1')
  block.writeUInt16LE(42, 2)
  block.writeUInt32LE(8, 4)
  block.writeUInt16LE(entries, 8)
  const entry = (index: number, tag: number, type: number, value: number): void => {
    const at = 10 + index * 12
    block.writeUInt16LE(tag, at)
    block.writeUInt16LE(type, at + 2)
    block.writeUInt32LE(1, at + 4)
    block.writeUInt32LE(value, at + 8)
  }
  entry(0, 0x0110, 2, 8 + 2 + entries * 12 + 4)
  entry(1, 0x0112, 3, orientation)
  if (place === 'told') entry(2, 0x8825, 4, 60)
  block.write('Camera', 8 + 2 + entries * 12 + 4, 'latin1')
  return block
}

/** One grey dot, and beside it whatever a camera may write. */
export function jpeg({
  beside = [],
  after = Buffer.alloc(0),
}: {
  readonly beside?: readonly { readonly marker: number; readonly body: Uint8Array }[]
  readonly after?: Uint8Array
} = {}): Buffer {
  const tables = Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 16)])
  const codes = Buffer.from([0, 1, ...Array<number>(15).fill(0), 0])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('4a46494600010100000100010000', 'hex')),
    ...beside.map(({ marker, body }) => segment(marker, body)),
    segment(0xdb, tables),
    segment(0xc0, Buffer.from([8, 0, 1, 0, 1, 1, 1, 0x11, 0])),
    segment(0xc4, codes),
    segment(0xc4, Buffer.concat([Buffer.from([0x10]), codes.subarray(1)])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    // A stuffed 0xff is data, not a marker.
    Buffer.from([0x3f, 0xff, 0x00, 0x3f]),
    Buffer.from([0xff, 0xd9]),
    after,
  ])
}

export const exif = (block: Uint8Array) => ({
  marker: 0xe1,
  body: Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block]),
})

const chunk = (name: string, body: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(body.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}

export function png(beside: readonly { readonly name: string; readonly body: Uint8Array }[] = []): Buffer {
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    ...beside.map(({ name, body }) => chunk(name, body)),
    chunk('IDAT', deflateSync(Buffer.from([0, 128]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
