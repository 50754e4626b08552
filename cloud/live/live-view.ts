import { z } from 'zod'
import { OrderView } from '../orders/order-view.ts'
import { VehicleView } from '../vehicles/vehicle-view.ts'

/** Pure. Views as the REST API writes them, JSON by id. */
export const vehicleTexts = (views: readonly VehicleView[]): ReadonlyMap<string, string> =>
  new Map(views.map((view) => [view.id, JSON.stringify(z.encode(VehicleView, view))]))

export const orderTexts = (views: readonly OrderView[]): ReadonlyMap<string, string> =>
  new Map(views.map((view) => [view.id, JSON.stringify(z.encode(OrderView, view))]))
