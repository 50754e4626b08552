/** One message of a `text/event-stream` (WHATWG HTML, server-sent events). */
export type StreamMessage = { readonly event: string; readonly data: string; readonly id: string }

/** More than one message may weigh; a stream that sends more is broken. */
const MAX_BUFFERED = 4_000_000

/** Takes text as it comes, in any pieces, and gives the messages that are complete. Throws when one grows without end. */
export function createEventStream() {
  let rest = ''
  let id = ''
  return {
    take(text: string): readonly StreamMessage[] {
      rest += text
      // A lone CR at the very end may be the first half of CRLF: it waits for the next piece.
      const usable = rest.endsWith('\r') ? rest.length - 1 : rest.length
      const blocks = rest.slice(0, usable).replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n\n')
      rest = `${blocks.pop() ?? ''}${rest.slice(usable)}`
      if (rest.length > MAX_BUFFERED) throw new Error('a message of the live feed has no end')
      return blocks.flatMap((block) => {
        const message = readBlock(block, id)
        id = message.id
        return message.data === '' ? [] : [message]
      })
    },
  }
}

function readBlock(block: string, lastId: string): StreamMessage {
  let event = 'message'
  let id = lastId
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
    if (field === 'id' && !value.includes('\0')) id = value
  }
  return { event, data: data.join('\n'), id }
}
