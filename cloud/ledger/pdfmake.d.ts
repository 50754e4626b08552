/** The part of pdfmake that is used here. Its published types ask for those of a browser, which then hide Node's own. */
declare module 'pdfmake' {
  type PdfText = {
    readonly text: string
    readonly alignment?: 'left' | 'center' | 'right'
    readonly bold?: boolean
    readonly fontSize?: number
    readonly margin?: readonly number[]
    readonly colSpan?: number
    readonly pageBreak?: 'before' | 'after'
  }
  type PdfTable = {
    readonly layout?: string
    readonly margin?: readonly number[]
    readonly table: {
      readonly headerRows?: number
      readonly widths: readonly (number | string)[]
      readonly body: readonly (readonly (string | PdfText)[])[]
    }
  }
  type PdfDocument = {
    readonly info?: { readonly title: string }
    readonly pageMargins?: readonly number[]
    readonly defaultStyle?: { readonly font?: string; readonly fontSize?: number }
    readonly content: readonly (string | PdfText | PdfTable)[]
    readonly footer?: (page: number, pages: number) => PdfText
  }
  type Pdfmake = {
    setFonts(fonts: Readonly<Record<string, Readonly<Record<string, string>>>>): void
    setLocalAccessPolicy(mayRead: (path: string) => boolean): void
    setUrlAccessPolicy(mayFetch: (url: string) => boolean): void
    createPdf(document: PdfDocument): { getBuffer(): Promise<Buffer> }
  }
  const pdfmake: Pdfmake
  export default pdfmake
}
