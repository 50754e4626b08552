import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { VehicleId as VehicleIdParser } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { isVin, vinFrom } from '#contract/vehicle-marks.ts'
import { callerOf, EVERY_ROLE, type RouteRoles } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { Kopecks } from '../../leases/schedule.ts'
import type { VehicleCardRow } from '../../postgres/upkeep-tables.ts'
import type { World } from '../../world.ts'
import { vinCheck } from './card.ts'
import type { CardStore } from './card-store.ts'

const CHANGES: RouteRoles = ['owner', 'head', 'manager', 'papers', 'technician']
const tags = ['vehicles']
const params = z.strictObject({ id: VehicleIdParser })

const Fields = {
  /** Свидетельство о регистрации: series and number. */
  sts: z.string().trim().max(20),
  year: z.int().min(1950).max(2100).nullable(),
  colour: z.string().trim().max(40),
  marketValueKopecks: Kopecks.max(100_000_000_000).nullable(),
  note: z.string().trim().max(2000),
}
const CardView = z
  .strictObject({
    vin: z.string().nullable(),
    /** Of the check digit; only a hint, since not every maker writes one. */
    vinCheck: z.enum(['fits', 'does-not-fit']).nullable(),
    ...Fields,
    /** 0: nobody has written one yet. */
    version: z.int(),
    changedAt: Instant.nullable(),
    changedBy: z.string().nullable(),
  })
  .meta({ id: 'VehicleCard' })
type CardView = z.infer<typeof CardView>

const EMPTY: CardView = {
  vin: null,
  vinCheck: null,
  sts: '',
  year: null,
  colour: '',
  marketValueKopecks: null,
  note: '',
  version: 0,
  changedAt: null,
  changedBy: null,
}
const viewOf = (row: VehicleCardRow | undefined): CardView => {
  if (row === undefined) return EMPTY
  const { vehicleId: _, ...card } = row
  return { ...card, vinCheck: card.vin === null ? null : vinCheck(card.vin) }
}

/** What is written in a vehicle's registration, and what it is worth. */
export function createCardRoutes(cards: CardStore, clock: World['clock']): FastifyPluginAsyncZod {
  const save = async (vehicleId: VehicleId, wish: Omit<VehicleCardRow, 'vehicleId' | 'changedAt'>) => {
    const other = wish.vin === null ? undefined : await cards.withVin(wish.vin)
    if (other !== undefined && other.vehicleId !== vehicleId) throw new Fault('vehicle/vin-taken')
    const row = { ...wish, vehicleId, changedAt: clock.now(), version: wish.version + 1 }
    if (!(await cards.save(row))) throw new Fault('vehicle/card-changed')
    return viewOf(row)
  }
  return async (app) => {
    app.get(
      '/api/vehicles/:id/card',
      {
        config: { roles: EVERY_ROLE },
        schema: { tags, summary: 'Registration and worth of a vehicle', params, response: { 200: CardView } },
      },
      async (request) => viewOf(await cards.find(request.params.id)),
    )
    app.put(
      '/api/vehicles/:id/card',
      {
        config: { roles: CHANGES },
        schema: {
          tags,
          summary: 'Write the card',
          params,
          body: z.strictObject({
            vin: z
              .string()
              .max(40)
              .refine((written) => isVin(vinFrom(written)), {
                error: 'a VIN has 17 letters and digits without I, O, Q',
              })
              .nullable()
              .default(null),
            sts: Fields.sts.default(''),
            year: Fields.year.default(null),
            colour: Fields.colour.default(''),
            marketValueKopecks: Fields.marketValueKopecks.default(null),
            note: Fields.note.default(''),
            /** The one that was seen; 0 for the first. */
            version: z.int().min(0),
          }),
          response: { 200: CardView },
        },
      },
      async (request) => {
        const { vin, ...card } = request.body
        const changedBy = callerOf(request).login
        return save(request.params.id, { ...card, vin: vin === null ? null : vinFrom(vin), changedBy })
      },
    )
  }
}
