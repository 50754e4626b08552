/** Pure. A ZIP archive of stored (not compressed) files: all that a small DOCX needs. `crc32` is given by the caller. */
export function zipOf(
  files: readonly { readonly name: string; readonly text: string }[],
  crc32: (bytes: Uint8Array) => number,
): Uint8Array {
  const encoder = new TextEncoder()
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const file of files) {
    const name = encoder.encode(file.name)
    const bytes = encoder.encode(file.text)
    const common = [
      u16(20),
      u16(0x0800),
      u16(0),
      u16(0),
      u16(0x21),
      u32(crc32(bytes)),
      u32(bytes.length),
      u32(bytes.length),
      u16(name.length),
      u16(0),
    ]
    const local = joined([u32(0x04034b50), ...common, name, bytes])
    parts.push(local)
    directory.push(joined([u32(0x02014b50), u16(20), ...common, u16(0), u16(0), u16(0), u32(0), u32(offset), name]))
    offset += local.length
  }
  const index = joined(directory)
  const end = joined([
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(files.length),
    u16(files.length),
    u32(index.length),
    u32(offset),
    u16(0),
  ])
  return joined([...parts, index, end])
}

const u16 = (value: number): Uint8Array => new Uint8Array([value & 255, (value >>> 8) & 255])
const u32 = (value: number): Uint8Array =>
  new Uint8Array([value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255])

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
