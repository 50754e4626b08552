import { crc32 } from 'node:zlib'
import { TemplateHandler } from 'easy-template-x'
import pdfmake from 'pdfmake'
import { docxTemplate } from './docx.ts'
import { filled, type Template } from './template.ts'

export type OfficeClient = {
  /** `own`: a Word template that the company has made for itself. */
  docx(template: Template, values: Readonly<Record<string, string>>, own: Uint8Array | undefined): Promise<Uint8Array>
  pdf(template: Template, values: Readonly<Record<string, string>>): Promise<Uint8Array>
}

/** Word files by easy-template-x, PDF by pdfmake with its Roboto, which knows Cyrillic. Nothing is fetched. */
export function createOfficeClient(): OfficeClient {
  const fonts = new URL('../../../node_modules/pdfmake/fonts/Roboto/', import.meta.url).pathname
  pdfmake.setLocalAccessPolicy((path) => path.startsWith(fonts))
  pdfmake.setUrlAccessPolicy(() => false)
  pdfmake.setFonts({
    Roboto: {
      normal: `${fonts}Roboto-Regular.ttf`,
      bold: `${fonts}Roboto-Medium.ttf`,
      italics: `${fonts}Roboto-Italic.ttf`,
      bolditalics: `${fonts}Roboto-MediumItalic.ttf`,
    },
  })
  const handler = new TemplateHandler({ delimiters: { tagStart: '{{', tagEnd: '}}' } })
  return {
    docx: async (template, values, own) => {
      const file = own ?? docxTemplate(template, crc32)
      const made = await handler.process(Buffer.from(file), { ...values })
      return new Uint8Array(made)
    },
    pdf: async (template, values) => {
      const content = template.body.map((part) => {
        if (typeof part === 'string')
          return {
            text: filled(part, values),
            margin: [0, 0, 0, 6],
          }
        if ('head' in part)
          return {
            text: filled(part.head, values),
            bold: true,
            margin: [0, 6, 0, 4],
          }
        if ('sign' in part)
          return {
            text: part.sign.map((who) => `${who} ____________________`).join('      '),
            margin: [0, 18, 0, 0],
          }
        return {
          table: {
            widths: ['*', '*'],
            body: part.rows.map(([name, value]) => [filled(name, values), filled(value, values)]),
          },
          margin: [0, 4, 0, 8],
        }
      })
      const made = pdfmake.createPdf({
        pageMargins: [60, 50, 40, 50],
        defaultStyle: { font: 'Roboto', fontSize: 11 },
        content: [
          {
            text: filled(template.title, values),
            bold: true,
            fontSize: 15,
            alignment: 'center',
            margin: [0, 0, 0, 12],
          },
          ...content,
        ],
      })
      return new Uint8Array(await made.getBuffer())
    },
  }
}
