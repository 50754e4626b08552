import { escaped } from '../../markup.ts'
import type { Template } from './template.ts'
import { zipOf } from './zip.ts'

const run = (text: string, look = ''): string =>
  `<w:r><w:rPr>${look}</w:rPr><w:t xml:space="preserve">${escaped(text)}</w:t></w:r>`
const paragraph = (text: string, { look = '', place = '' } = {}): string =>
  `<w:p><w:pPr>${place}<w:spacing w:after="120"/></w:pPr>${run(text, look)}</w:p>`
const cell = (text: string): string =>
  `<w:tc><w:tcPr><w:tcW w:w="4700" w:type="dxa"/></w:tcPr>${paragraph(text)}</w:tc>`
const BORDERS = ['top', 'left', 'bottom', 'right', 'insideH', 'insideV']
  .map((side) => `<w:${side} w:val="single" w:sz="4"/>`)
  .join('')
const CENTRED = '<w:jc w:val="center"/>'

function bodyOf({ title, body }: Template): string {
  const parts = body.map((part) => {
    if (typeof part === 'string') return paragraph(part, { place: '<w:jc w:val="both"/>' })
    if ('head' in part) return paragraph(part.head, { look: '<w:b/>' })
    if ('sign' in part) return paragraph(part.sign.map((who) => `${who} ____________________`).join('      '))
    const rows = part.rows.map(([name, value]) => `<w:tr>${cell(name)}${cell(value)}</w:tr>`).join('')
    return `<w:tbl><w:tblPr><w:tblBorders>${BORDERS}</w:tblBorders></w:tblPr>${rows}</w:tbl>${paragraph('')}`
  })
  return [paragraph(title, { look: '<w:b/><w:sz w:val="30"/>', place: CENTRED }), ...parts].join('')
}

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const WORD_MAIN = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'

/** Pure. A Word file with the masks of the template in it, `{{deal.name}}`, for a person to change or the engine to fill. */
export function docxTemplate(template: Template, crc32: (bytes: Uint8Array) => number): Uint8Array {
  return zipOf(
    [
      {
        name: '[Content_Types].xml',
        text: `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${WORD_MAIN}"/></Types>`,
      },
      {
        name: '_rels/.rels',
        text: `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>`,
      },
      {
        name: 'word/document.xml',
        text: `${HEAD}<w:document xmlns:w="${W}"><w:body>${bodyOf(template)}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1701" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>`,
      },
    ],
    crc32,
  )
}
