export type ServerEvent = { readonly name: string; readonly data: string }

/**
 * Cuts the text of a server-sent event stream into events, keeping an unfinished one until its rest arrives.
 * WHATWG HTML §9.2.6; ids and retry hints are not used: after a reconnect everything is read anew.
 */
export function createEventCutter(): (chunk: string) => readonly ServerEvent[] {
  let rest = ''
  let name = ''
  let data: string[] = []
  return (chunk) => {
    const events: ServerEvent[] = []
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ name: name === '' ? 'message' : name, data: data.join('\n') })
        name = ''
        data = []
        continue
      }
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
      if (field === 'event') name = value
      if (field === 'data') data.push(value)
    }
    return events
  }
}
