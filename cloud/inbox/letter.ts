import type { IncomingWord } from './incoming.ts'

/** A part of a letter: its headers by lower-case name, its body letter by letter as bytes (latin1). */
type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: string }
type Found = { text: string; html: string; readonly files: string[] }

const MOST_TEXT = 20_000
const DEEPEST = 8
const MOST_PARTS = 60
const LONGEST_HEADER = 4000

/** Pure. An RFC 5322 letter as something said; undefined when nobody says anything. `files` are named in the text. */
export function wordOfLetter(bytes: Uint8Array): IncomingWord | undefined {
  const letter = partOf(Buffer.from(bytes).toString('latin1'))
  const from = addressIn(letter.headers.get('from') ?? '')
  if (from === undefined || isAutomatic(letter.headers)) return undefined
  const found: Found = { text: '', html: '', files: [] }
  gather(letter, found, 0, { left: MOST_PARTS })
  const subject = wordsIn(letter.headers.get('subject') ?? '').slice(0, 300)
  const said = (found.text.trim() === '' ? plainOf(found.html) : found.text).replaceAll('\r\n', '\n').trim()
  const attached = found.files.length === 0 ? '' : `Вложения: ${found.files.join(', ')}`
  const text = [said.slice(0, MOST_TEXT - 1000), attached.slice(0, 900)].filter((one) => one !== '').join('\n\n')
  if (text === '' && subject === '') return undefined
  const at = Date.parse(letter.headers.get('date') ?? '')
  const id = letter.headers.get('message-id')?.trim() ?? `${from.address} ${letter.headers.get('date')} ${subject}`
  return {
    key: id.slice(0, 200),
    outsideId: from.address.slice(0, 200),
    name: from.name === '' ? undefined : from.name.slice(0, 200),
    phone: undefined,
    subject: subject === '' ? undefined : subject,
    text: text === '' ? subject : text,
    files: [],
    at: Number.isNaN(at) ? undefined : at,
  }
}

/** Answers of machines are no inquiries, and answering them makes rounds without end (RFC 3834). */
const isAutomatic = (headers: Part['headers']): boolean =>
  (headers.get('auto-submitted') ?? 'no').trim().toLowerCase() !== 'no' ||
  /^(bulk|junk|list)$/i.test(headers.get('precedence')?.trim() ?? '')

function partOf(raw: string): Part {
  const end = /\r?\n\r?\n/.exec(raw)
  const head = end === null ? raw : raw.slice(0, end.index)
  const headers = new Map<string, string>()
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    // Of several the first counts: a later one cannot pass itself off as it.
    if (name !== '' && !headers.has(name))
      headers.set(
        name,
        line
          .slice(colon + 1)
          .trim()
          .slice(0, LONGEST_HEADER),
      )
  }
  return { headers, body: end === null ? '' : raw.slice(end.index + end[0].length) }
}

function gather(part: Part, found: Found, depth: number, count: { left: number }): void {
  count.left -= 1
  if (depth > DEEPEST || count.left < 0) return
  const written = part.headers.get('content-type') ?? 'text/plain'
  const type = written.split(';')[0]?.trim().toLowerCase() ?? ''
  const between = parameter(written, 'boundary')
  if (type.startsWith('multipart/') && between !== undefined) {
    for (const inner of part.body.split(`--${between}`).slice(1)) {
      if (inner.startsWith('--')) return
      gather(partOf(inner.replace(/^[ \t]*\r?\n/, '')), found, depth + 1, count)
    }
    return
  }
  const disposition = part.headers.get('content-disposition') ?? ''
  const name = wordsIn(parameter(disposition, 'filename') ?? parameter(written, 'name') ?? '')
  if (name !== '' || /^attachment/i.test(disposition) || !type.startsWith('text/')) {
    found.files.push(name === '' ? type : name.slice(0, 120))
    return
  }
  const text = decoded(bytesOf(part), parameter(written, 'charset'))
  if (type === 'text/html') found.html ||= text
  else found.text = found.text === '' ? text : `${found.text}\n${text}`
}

function bytesOf({ headers, body }: Part): Buffer {
  const how = headers.get('content-transfer-encoding')?.trim().toLowerCase()
  if (how === 'base64') return Buffer.from(body.replaceAll(/[^A-Za-z0-9+/=]/g, ''), 'base64')
  return Buffer.from(how === 'quoted-printable' ? unquoted(body.replaceAll(/=[ \t]*\r?\n/g, '')) : body, 'latin1')
}

const unquoted = (text: string): string =>
  text.replaceAll(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Text without a charset, or with one that nobody knows, is UTF-8 where that reads, and Windows-1251 elsewhere. */
function decoded(bytes: Uint8Array, charset: string | undefined): string {
  for (const label of [charset ?? 'utf-8', 'utf-8'])
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes)
    } catch {
      // Not this one.
    }
  return new TextDecoder('windows-1251').decode(bytes)
}

/** RFC 2047: `=?utf-8?b?…?=`; the space between two of them is none. Bare bytes are UTF-8 (RFC 6532). */
function wordsIn(header: string): string {
  const joined = header.replaceAll(/(\?=)[ \t]+(=\?)/g, '$1$2')
  return joined
    .split(/(=\?[^?\s]+\?[bqBQ]\?[^?]*\?=)/)
    .map((piece) => {
      const word = /^=\?([^?\s]+)\?([bqBQ])\?([^?]*)\?=$/.exec(piece)
      if (word === null) return /[^\0-\xff]/.test(piece) ? piece : decoded(Buffer.from(piece, 'latin1'), 'utf-8')
      const [, charset, how = '', text = ''] = word
      const bytes =
        how.toLowerCase() === 'b'
          ? Buffer.from(text, 'base64')
          : Buffer.from(unquoted(text.replaceAll('_', ' ')), 'latin1')
      return decoded(bytes, charset?.split('*')[0])
    })
    .join('')
    .trim()
}

/** A parameter of a header, quoted or bare, or as RFC 2231 writes it: `filename*=utf-8''%D0%90.pdf`. */
function parameter(header: string, name: string): string | undefined {
  const extended = new RegExp(`;\\s*${name}\\*=([\\w-]*)'[^']*'([^;]+)`, 'i').exec(header)
  if (extended !== null) {
    const bytes = unquoted((extended[2] ?? '').trim().replaceAll('%', '='))
    return decoded(Buffer.from(bytes, 'latin1'), extended[1])
  }
  const plain = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header)
  return plain === null ? undefined : (plain[1]?.replaceAll(/\\(.)/g, '$1') ?? plain[2])
}

function addressIn(header: string): { readonly address: string; readonly name: string } | undefined {
  const angled = /^(.*)<\s*([^<>\s]+@[^<>\s]+)\s*>/.exec(header)
  const address = angled?.[2] ?? /[^\s<>"(),]+@[^\s<>"(),]+/.exec(header)?.[0]
  if (address === undefined) return undefined
  const name = wordsIn((angled?.[1] ?? '').trim().replaceAll(/^"|"$/g, ''))
  return { address: address.toLowerCase(), name }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', '#39': "'" }

// Whoever writes chooses these bytes: nothing here looks for the end of a thing twice.
const plainOf = (html: string): string =>
  shownOf(html)
    .replaceAll(/<(?:br|\/p|\/div|\/tr|\/li)\b[^<>]*>/gi, '\n')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot|nbsp|#39);/g, (_whole, name: string) => ENTITIES[name] ?? '')
    .replaceAll(/\n{3,}/g, '\n\n')

/** Without what a reader is not shown; all of the rest where that does not end. */
function shownOf(html: string): string {
  const begins = /<(?:script|style|head)\b/gi
  const ends = /<\/(?:script|style|head)\s*>/gi
  let shown = ''
  let from = 0
  for (let found = begins.exec(html); found !== null; found = begins.exec(html)) {
    shown += html.slice(from, found.index)
    ends.lastIndex = found.index
    if (ends.exec(html) === null) return shown
    from = ends.lastIndex
    begins.lastIndex = from
  }
  return shown + html.slice(from)
}
