import type { RelayDrive } from '../../edge/immobilizer/relay-output.ts'
import type { World } from './world.ts'

/** The board on the bus and the contact in the start line. The register is what a read-back shows. */
export type RelayBoard = {
  register(): RelayDrive
  contact(): 'open' | 'closed'
  /** Bytes of a write have left: answers after a while whether it was acknowledged. */
  write(target: RelayDrive, orderId: string | undefined, answer: (word: 'written' | 'unwritten') => void): void
  /** A read has left. An answer that comes too late is dropped by the port. */
  read(answer: (word: RelayDrive | 'unknown') => void): void
  /** The board lost its supply for a moment: mono-stable, so the start line is closed again. */
  brownOut(): void
  /** A stuck contact comes loose: at once when its coil is at rest, else when the coil next lets go. */
  loosened(): void
  /** The register says blocked and the start line is closed all the same. */
  isWelded(): boolean
  /** When the register last said this; now, when it does. */
  lastSaid(word: RelayDrive): number
}

const TIMEOUT_MS = 1000

export function createRelayBoard(
  world: Pick<World, 'draw' | 'now' | 'after' | 'fault'>,
  vehicle: number,
  moved: (contact: 'open' | 'closed', orderId: string | undefined) => void,
): RelayBoard {
  const draw = world.draw(`relay-${vehicle}`)
  let register: RelayDrive = 'free'
  let contact: 'open' | 'closed' = 'closed'
  let drivenBy: string | undefined
  /** Stuck closed under a pulled coil: it stays so until the coil lets go. */
  let welded = false
  /** Which run of the supply this is: a command dies with the one it came in. */
  let supply = 0
  const left = { free: 0, blocked: Number.NEGATIVE_INFINITY }
  const shape = () => world.fault('relay', vehicle)?.shape

  const follow = (): void => {
    if (shape() === 'stuck') {
      welded = register === 'blocked' && contact === 'closed'
      return
    }
    if (register === 'free') welded = false
    if (welded) return
    const to = register === 'blocked' ? 'open' : 'closed'
    if (to === contact) return
    contact = to
    moved(to, drivenBy)
  }
  const drive = (target: RelayDrive, orderId: string | undefined, from: number): void => {
    if (register === target || from !== supply) return
    left[register] = world.now()
    register = target
    drivenBy = orderId
    world.after(draw.between(10, 120), follow)
  }

  return {
    register: () => register,
    contact: () => contact,
    write: (target, orderId, answer) => {
      const fault = shape()
      const reply = draw.between(8, 60)
      const late = fault === 'timeout' || fault === 'late-reply'
      const executes = fault !== 'exception' && fault !== 'lies' && (fault !== 'timeout' || draw.chance(0.5))
      const from = supply
      if (executes) world.after(reply / 2, () => drive(target, orderId, from))
      const bad = late || fault === 'crc' || fault === 'exception'
      world.after(late ? TIMEOUT_MS : reply, () => answer(bad ? 'unwritten' : 'written'))
    },
    read: (answer) => {
      const fault = shape()
      if (fault === 'timeout' || fault === 'late-reply') return world.after(TIMEOUT_MS, () => answer('unknown'))
      if (fault === 'crc' && draw.chance(0.7)) return world.after(40, () => answer('unknown'))
      world.after(draw.between(8, 60), () => answer(register))
    },
    brownOut: () => {
      supply += 1
      left[register] = world.now()
      register = 'free'
      drivenBy = undefined
      follow()
    },
    loosened: follow,
    isWelded: () => welded,
    lastSaid: (word) => (register === word ? world.now() : left[word]),
  }
}
