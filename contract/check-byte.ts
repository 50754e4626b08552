/** CRC-8 (x⁸ + x² + x + 1, begun at 0): tells any one byte changed for certain, and 255 of 256 other damages. */
const TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc >= 128 ? 0x07 : 0)) & 255
  return crc
})

/** Pure. The byte that follows these. */
export function checkByte(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = TABLE[crc ^ byte] ?? 0
  return crc
}
