import { z } from 'zod'

/** Client id = user name = certificate CN. The narrow pattern keeps `#`, `+` and `/` out of topics and access lists. */
export const GatewayId = z
  .string()
  .regex(/^gw-[a-z0-9]{8,32}$/, 'a gateway id reads gw- and 8 to 32 of a-z, 0-9')
  .brand<'GatewayId'>()
export type GatewayId = z.infer<typeof GatewayId>

export const VehicleId = z.uuid().brand<'VehicleId'>()
export type VehicleId = z.infer<typeof VehicleId>

/** Names a device within one gateway; the technician chooses it when pairing. */
export const DeviceId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a device id is 1 to 32 of a-z, 0-9 and -, and starts with a letter')
  .brand<'DeviceId'>()
export type DeviceId = z.infer<typeof DeviceId>

export const OrderId = z.uuid().brand<'OrderId'>()
export type OrderId = z.infer<typeof OrderId>

export const HoldId = z.uuid().brand<'HoldId'>()
export type HoldId = z.infer<typeof HoldId>

/** One numbered run of records; a new outbox file opens a new stream, so a number never comes twice. */
export const StreamId = z.uuid().brand<'StreamId'>()
export type StreamId = z.infer<typeof StreamId>

/** Number of a record within its stream, from 1, without holes (a thinned range is named by a `gap` event). */
export const Seq = z.int().min(1).brand<'Seq'>()
export type Seq = z.infer<typeof Seq>

export const LAST_FIRST_SEQ = 2 ** 52
/** The first number of a batch: far enough from the last safe integer that every number behind it is one too. */
export const FirstSeq = Seq.max(LAST_FIRST_SEQ)

/** Number of an order within its gateway, strictly rising for ever. */
export const OrderSeq = z.int().min(1).brand<'OrderSeq'>()
export type OrderSeq = z.infer<typeof OrderSeq>
