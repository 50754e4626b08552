import { dirname, join } from 'node:path'
import pdfmake from 'pdfmake'
import { KIND_WORDS, moscowTime, rubles, STATEMENT_HEAD, type Statement } from './statement.ts'

export type StatementPrintStore = ReturnType<typeof createStatementPrintStore>

/** Statements as files for people; reads the fonts of `fontsFolder` (Roboto, with Cyrillic). */
export function createStatementPrintStore(
  fontsFolder = join(dirname(import.meta.resolve('pdfmake').slice('file://'.length)), '../fonts/Roboto'),
) {
  const font = (face: string) => join(fontsFolder, `Roboto-${face}.ttf`)
  pdfmake.setFonts({
    Roboto: {
      normal: font('Regular'),
      bold: font('Medium'),
      italics: font('Italic'),
      bolditalics: font('MediumItalic'),
    },
  })
  pdfmake.setLocalAccessPolicy((path) => path.startsWith(fontsFolder))
  pdfmake.setUrlAccessPolicy(() => false)
  return {
    pdf: async (statement: Statement): Promise<Buffer> => {
      const right = (text: string) => ({ text, alignment: 'right' as const })
      const rest = (name: string, kopecks: number) => [
        { text: name, colSpan: 4, bold: true },
        '',
        '',
        '',
        right(rubles(kopecks)),
      ]
      const document = pdfmake.createPdf({
        info: { title: statement.title },
        pageMargins: [36, 36, 36, 48],
        defaultStyle: { font: 'Roboto', fontSize: 9 },
        content: [
          { text: statement.title, fontSize: 14, bold: true },
          { text: `${moscowTime(statement.from)} – ${moscowTime(statement.to)} (МСК)`, margin: [0, 2, 0, 8] },
          {
            layout: 'lightHorizontalLines',
            table: {
              headerRows: 1,
              widths: [78, 96, '*', 64, 70],
              body: [
                STATEMENT_HEAD.map((text, column) => ({
                  text,
                  bold: true,
                  alignment: column > 2 ? ('right' as const) : ('left' as const),
                })),
                rest('Входящий остаток', statement.openingKopecks),
                ...statement.lines.map((line) => [
                  moscowTime(line.at),
                  KIND_WORDS[line.kind],
                  line.note,
                  right(rubles(line.kopecks)),
                  right(rubles(line.balanceKopecks)),
                ]),
                rest('Исходящий остаток', statement.closingKopecks),
              ],
            },
          },
          {
            text: `Поступило ${rubles(statement.inKopecks)} ₽, списано ${rubles(-statement.outKopecks)} ₽`,
            margin: [0, 8, 0, 0],
          },
        ],
        footer: (page: number, pages: number) => ({
          text: `${page} / ${pages}`,
          alignment: 'center',
          margin: [0, 12, 0, 0],
        }),
      })
      return document.getBuffer()
    },
  }
}
