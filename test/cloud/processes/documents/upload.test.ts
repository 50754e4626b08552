import { expect, test } from 'vitest'
import { MOST_BYTES, safeName, whyNotTaken } from '../../../../cloud/processes/documents/upload.ts'

const PDF = new TextEncoder().encode('%PDF-1.7')
test.each<[string, string, Uint8Array, RegExp | undefined]>([
  ['a PDF', 'application/pdf', PDF, undefined],
  ['a page that calls itself a PDF', 'application/pdf', new TextEncoder().encode('<html>'), /не то, что обещает/],
  ['a PDF that calls itself a photo', 'image/jpeg', PDF, /не то, что обещает/],
  ['a page', 'text/html', new TextEncoder().encode('<html>'), /Берём/],
  ['a drawing with scripts', 'image/svg+xml', new TextEncoder().encode('<svg>'), /Берём/],
  ['nothing', 'application/pdf', new Uint8Array(), /пуст/],
  ['too much', 'application/pdf', new Uint8Array(MOST_BYTES + 1), /больше/],
])('%s', (_name, type, bytes, why) => {
  const said = whyNotTaken(type, bytes)
  if (why === undefined) expect(said).toBeUndefined()
  else expect(said).toMatch(why)
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\windows\\акт № 1.pdf', 'акт _ 1.pdf'],
  ['a"\r\nx-header: 1.pdf', 'a___x-header_ 1.pdf'],
  ['', 'file'],
  ['a/', 'file'],
])('the name %j is given back as %s', (name, safe) => {
  expect(safeName(name)).toBe(safe)
})
