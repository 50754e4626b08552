/** What is taken: photos, scans, Word and PDF; the bytes have to be what the name says. */
const KINDS: readonly { readonly type: string; readonly begins: readonly number[] }[] = [
  { type: 'image/jpeg', begins: [0xff, 0xd8, 0xff] },
  { type: 'image/png', begins: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/webp', begins: [0x52, 0x49, 0x46, 0x46] },
  { type: 'application/pdf', begins: [0x25, 0x50, 0x44, 0x46] },
  { type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', begins: [0x50, 0x4b, 0x03, 0x04] },
]
/** What a form of ours lets a person choose. */
export const TAKEN_TYPES = KINDS.map(({ type }) => type)
export const MOST_BYTES = 12 * 1024 * 1024

/** Pure. Why a file is not taken, or undefined. */
export function whyNotTaken(type: string, bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'Файл пуст'
  if (bytes.length > MOST_BYTES) return 'Файл больше 12 МБ'
  const kind = KINDS.find((known) => known.type === type)
  if (kind === undefined) return 'Берём фотографии JPEG, PNG, WebP, файлы PDF и DOCX'
  return kind.begins.every((byte, index) => bytes[index] === byte)
    ? undefined
    : 'Содержимое файла не то, что обещает его тип'
}

/** Pure. A name that is safe to give back. */
export const safeName = (name: string): string => {
  const bare = (name.split(/[\\/]/).at(-1) ?? '').replace(/[^\p{L}\p{N}._ -]/gu, '_').slice(-120)
  return bare.trim() === '' ? 'file' : bare
}
