import { z } from 'zod'
import { OrderView } from '../orders/order-view.ts'
import { VehicleView } from '../vehicles/vehicle-view.ts'
import type { LiveView } from './live-message.ts'

/** Pure. Views as the REST API writes them. */
export const vehicleTexts = (views: readonly VehicleView[]): readonly LiveView[] =>
  views.map((view) => ({ key: view.id, vehicleId: view.id, data: JSON.stringify(z.encode(VehicleView, view)) }))

/** Pure. */
export const orderTexts = (views: readonly OrderView[]): readonly LiveView[] =>
  views.map((view) => ({ key: view.id, vehicleId: view.vehicleId, data: JSON.stringify(z.encode(OrderView, view)) }))
