import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { EpochMs } from '#contract/instant.ts'
import { seconds } from '#contract/instant.ts'

/** Where reading has come to: the mailbox's own numbering, and the last letter of it. */
export type MailPlace = { readonly validity: number; readonly uid: number }
export type ImapClient = ReturnType<typeof createImapClient>

const PATIENCE = seconds(20)
/** What stands beyond in a letter is attachments, which are named only. */
const MOST_BYTES = 2 * 1024 * 1024
const MOST_AT_ONCE = 50
const DAY_MS = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Reads one mailbox by IMAP4rev1 (RFC 3501), and changes nothing in it: letters stay unread for whoever reads it too. */
export function createImapClient({ url }: { readonly url: string }) {
  const { protocol, hostname: host, port, username, password } = new URL(url)
  const open = (stop: AbortSignal): Socket => {
    const socket =
      protocol === 'imaps:'
        ? connectTls({ host, port: Number(port || 993), servername: host })
        : connectPlain({ host, port: Number(port || 143) })
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the mail server does not answer')))
    stop.addEventListener('abort', () => socket.destroy(), { once: true })
    return socket
  }
  return {
    /**
     * Gives each letter after that place, oldest first, fifty at most; without a place, or when the server has numbered
     * anew, those of the last day. Resolves with the place it has come to. Rejects when the server refuses or is silent.
     */
    read: async (
      after: MailPlace | undefined,
      now: EpochMs,
      take: (letter: Uint8Array) => Promise<void>,
      stop: AbortSignal,
    ): Promise<MailPlace> => {
      const socket = open(stop)
      const talk = createTalk(socket)
      try {
        await talk.greeting()
        await talk.ask(`LOGIN ${quoted(decodeURIComponent(username))} ${quoted(decodeURIComponent(password))}`)
        const box = (await talk.ask('EXAMINE INBOX')).lines.join('\n')
        const validity = Number(/UIDVALIDITY (\d+)/i.exec(box)?.[1] ?? 0)
        const known = after?.validity === validity ? after.uid : undefined
        const wanted = known === undefined ? `SINCE ${dayOf(now - DAY_MS)}` : `UID ${known + 1}:*`
        const { lines } = await talk.ask(`UID SEARCH ${wanted}`)
        const found = lines.flatMap((line) => /^\* SEARCH(.*)/i.exec(line)?.[1]?.trim().split(/\s+/) ?? [])
        const uids = found.map(Number).filter((uid) => Number.isSafeInteger(uid) && uid > (known ?? 0))
        let uid = known ?? Math.max(0, Number(/UIDNEXT (\d+)/i.exec(box)?.[1] ?? 1) - 1)
        for (const next of uids.toSorted((a, b) => a - b).slice(0, MOST_AT_ONCE)) {
          if (stop.aborted) break
          const { literals } = await talk.ask(`UID FETCH ${next} (BODY.PEEK[]<0.${MOST_BYTES}>)`)
          if (literals[0] !== undefined) await take(literals[0])
          uid = next
        }
        return { validity, uid }
      } finally {
        socket.destroy()
      }
    },
  }
}

const quoted = (text: string): string => `"${text.replaceAll(/[\r\n]/g, '').replaceAll(/[\\"]/g, '\\$&')}"`
const dayOf = (at: number): string => {
  const day = new Date(at)
  return `${day.getUTCDate()}-${MONTHS[day.getUTCMonth()]}-${day.getUTCFullYear()}`
}

type Answer = { readonly lines: readonly string[]; readonly literals: readonly Uint8Array[] }

/** Commands one after another, each with what the server says until it is done. */
function createTalk(socket: Socket) {
  const chunks = socket.iterator({ destroyOnReturn: false })
  let held = Buffer.alloc(0)
  let count = 0
  const more = async (): Promise<void> => {
    const { value, done } = await chunks.next()
    if (done === true || !(value instanceof Uint8Array)) throw new Error('the mail server has hung up')
    held = Buffer.concat([held, value])
  }
  const bytes = async (length: number): Promise<Uint8Array> => {
    while (held.length < length) await more()
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
  const line = async (): Promise<string> => {
    let end = held.indexOf('\r\n')
    while (end < 0) {
      if (held.length > MOST_BYTES) throw new Error('the mail server says a line without end')
      await more()
      end = held.indexOf('\r\n')
    }
    const taken = (await bytes(end + 2)).subarray(0, end)
    return Buffer.from(taken).toString('latin1')
  }
  return {
    greeting: async (): Promise<void> => {
      if (!/^\* OK/i.test(await line())) throw new Error('the mail server does not greet')
    },
    ask: async (command: string): Promise<Answer> => {
      count += 1
      const tag = `k${count}`
      socket.write(`${tag} ${command}\r\n`)
      const lines: string[] = []
      const literals: Uint8Array[] = []
      for (;;) {
        const said = await line()
        if (said.startsWith(`${tag} `)) {
          const [word = ''] = command.split(' ')
          if (!/^OK\b/i.test(said.slice(tag.length + 1))) throw new Error(`the mail server refuses ${word}`)
          return { lines, literals }
        }
        lines.push(said)
        const length = Number(/\{(\d+)\}$/.exec(said)?.[1] ?? -1)
        if (length > MOST_BYTES) throw new Error('the mail server sends more than was asked for')
        if (length >= 0) literals.push(await bytes(length))
      }
    },
  }
}
