import type { GatewayView } from './gateway-view.ts'
import { HTML, type LocalRoute, TEXT } from './local-request.ts'
import { metricsText } from './metrics-text.ts'
import { statusPage } from './status-page.ts'

/** What anybody who can reach the port may read: nothing that moves anything, and no position. */
export const createPageRoutes = (view: () => GatewayView): readonly LocalRoute[] => [
  {
    method: 'GET',
    path: '/status',
    where: 'page',
    handle: () => ({ status: 200, type: HTML, body: statusPage(view()) }),
  },
  {
    method: 'GET',
    path: '/metrics',
    where: 'page',
    handle: () => ({ status: 200, type: TEXT, body: metricsText(view()) }),
  },
]
