import type { Profile } from '#contract/profile.ts'
import type { ModbusDevice, ModbusLine } from '../modbus/modbus-client.ts'
import { asciiOf } from '../modbus/register-value.ts'

export type ScanPort =
  | { readonly kind: 'modbusRtu'; readonly path: string }
  | { readonly kind: 'modbusTcp' | 'modbusRtuTcp'; readonly host: string; readonly port: number }

export type Found = {
  readonly unit: number
  readonly baud?: number
  /** Profiles whose identify agrees; several makers share one register. */
  readonly profiles: readonly { readonly id: string; readonly says: string }[]
  /** Something was heard, and it was no whole answer. */
  readonly damaged?: true
}

/** Opens a line at one speed; `baud` is absent where there is none to choose. */
export type OpenLine = (port: ScanPort, baud: number | undefined) => ModbusLine

/** Reads only: what is handed on has no way to write. */
type ReadsOnly = Pick<ModbusDevice, 'read'>

const TIMEOUT_MS = 250

type Speaking = { readonly profile: Profile; readonly identify: NonNullable<Profile['identify']> }

const speaking = (profiles: readonly Profile[]): readonly Speaking[] =>
  profiles.flatMap((profile) => (profile.identify === undefined ? [] : [{ profile, identify: profile.identify }]))

/** Asks every unit at every speed who it is. Whoever answers at all is found; whose answer fits a profile is named. */
export async function scanLine(
  openLine: OpenLine,
  port: ScanPort,
  profiles: readonly Profile[],
  wish: { readonly units: readonly number[]; readonly bauds: readonly number[] },
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<readonly Found[]> {
  const found: Found[] = []
  const bauds = port.kind === 'modbusRtu' ? wish.bauds : [undefined]
  for (const baud of bauds) {
    const line = openLine(port, baud)
    try {
      for (const unit of wish.units) {
        if (stop.aborted) return found
        say(`unit ${unit}${baud === undefined ? '' : ` at ${baud}`}`)
        const device = (profile: Profile): ReadsOnly =>
          line.device(profile, {
            unitId: unit,
            timeoutMs: TIMEOUT_MS,
            minTimeoutMs: TIMEOUT_MS,
            minGapMs: 0,
            maxRegisters: 125,
            addressBase: 0,
            closeAfterPoll: false,
            connectPauseMs: 0,
          })
        const one = await whoIs(unit, speaking(profiles), device, stop)
        if (one === 'offline') throw new Error('the port cannot be opened, or nobody is at its other end')
        if (one !== undefined) found.push({ ...one, ...(baud === undefined ? {} : { baud }) })
      }
    } finally {
      line.close()
    }
  }
  return found
}

async function whoIs(
  unit: number,
  known: readonly Speaking[],
  device: (profile: Profile) => ReadsOnly,
  stop: AbortSignal,
): Promise<Found | 'offline' | undefined> {
  const profiles: { id: string; says: string }[] = []
  let hasAnswered = false
  for (const { profile, identify } of known) {
    const { type: _type, ...span } = identify.read
    const answer = await device(profile).read(span, 'slow', stop)
    if (answer.kind === 'failed' && answer.reason === 'offline') return 'offline'
    const isSilent = answer.kind === 'failed' && !answer.reason.startsWith('exception-')
    // An exception is an answer too; silence to the first question is silence to all.
    if (isSilent && !hasAnswered) return answer.reason === 'crc' ? { unit, profiles, damaged: true } : undefined
    hasAnswered = true
    const says = answer.kind === 'values' ? identified(identify, answer.values) : undefined
    if (says !== undefined) profiles.push({ id: profile.id, says })
  }
  return hasAnswered ? { unit, profiles } : undefined
}

const CHARSETS = { digits: /^\d+$/, alphanumeric: /^[A-Za-z0-9]+$/, printable: /^[\x20-\x7e]+$/ } as const

/** Pure. What the device says it is, when that is what the profile expects. */
export function identified(
  { read, accept }: NonNullable<Profile['identify']>,
  words: readonly number[],
): string | undefined {
  const { charset, length, range } = accept
  const isText = read.type === 'ascii' || read.type === 'asciiNumber'
  const said = isText ? asciiOf(words) : String(numberOf(words))
  if (charset !== undefined && !CHARSETS[charset].test(said)) return undefined
  if (length !== undefined && (said.length < length[0] || said.length > length[1])) return undefined
  if (range !== undefined && !(Number(said) >= range[0] && Number(said) <= range[1])) return undefined
  return said
}

const numberOf = (words: readonly number[]): number => words.reduce((value, word) => value * 65_536 + word, 0)
