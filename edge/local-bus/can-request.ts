import { z } from 'zod'

const byte = z.int().min(0).max(255)
/** A single-frame OBD-II request (ISO 15765-2): length 2, mode 01 (current data), one PID, padding. */
const Frame = z.strictObject({
  id: z.union([z.literal(0x7df), z.int().min(0x7e0).max(0x7e7)]),
  dlc: z.literal(8),
  rtr: z.literal(false),
  extd: z.literal(false),
  data: z.tuple([z.literal(2), z.literal(1), byte, byte, byte, byte, byte, byte]),
})
const CanMessage = z.strictObject({ bus: z.string(), type: z.literal('tx'), frame: z.array(Frame).min(1) })

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Pure. Would this payload put anything on a CAN bus but OBD-II questions about current data? */
export function isForeignCanFrame(payload: string): boolean {
  const said = jsonOf(payload)
  const mayCarryFrames = typeof said === 'object' && said !== null && 'frame' in said
  return mayCarryFrames && !CanMessage.safeParse(said).success
}
