import { z } from 'zod'
import { SheetPhotos, StepResult } from '#contract/commissioning.ts'
import type { Millis } from '#contract/instant.ts'
import { VehicleMarks } from '#contract/vehicle-marks.ts'
import type { GatewayView } from '../local-page/gateway-view.ts'
import { json, type LocalAnswer, type LocalRequest, type LocalRoute } from '../local-page/local-request.ts'
import type { Reading } from '../profile/reading.ts'
import type { RelayTestService } from './relay-test-service.ts'
import type { Sealed } from './seal-service.ts'

const Person = z.string().trim().min(1).max(128)
const RelayStep = z.strictObject({ step: z.enum(['block', 'free']), by: Person })
const SealRequest = z.strictObject({
  by: Person,
  note: z.string().max(500),
  vehicle: VehicleMarks.exactOptional(),
  results: z.array(StepResult).min(1).max(16),
  photos: SheetPhotos.exactOptional(),
})
export type SealRequest = z.infer<typeof SealRequest>

export type Reloaded =
  | { readonly reloaded: 'changed' | 'same' }
  | { readonly reloaded: 'later'; readonly reason: string }
  | { readonly reloaded: 'refused'; readonly errors: readonly string[] }

type Deps = {
  readonly view: () => GatewayView
  readonly readings: () => readonly Reading[]
  readonly steady: () => Millis
  readonly relayTest: RelayTestService
  readonly reload: () => Reloaded
  readonly seal: (request: SealRequest) => Sealed
}

/**
 * The technician's commands, on the socket that only the service's own user may open. None writes a relay: the test asks
 * the immobilizer, and its interlock answers.
 */
export function createTechnicianRoutes(deps: Deps): readonly LocalRoute[] {
  const route = (method: 'GET' | 'POST', path: string, handle: LocalRoute['handle']): LocalRoute => ({
    method,
    path,
    where: 'socket',
    handle,
  })
  const asked = async <Wish>(
    { body }: LocalRequest,
    schema: z.ZodType<Wish>,
    then: (wish: Wish) => LocalAnswer | Promise<LocalAnswer>,
  ): Promise<LocalAnswer> => {
    const parsed = schema.safeParse(parseJson(body))
    return parsed.success ? then(parsed.data) : json({ error: z.prettifyError(parsed.error) }, 400)
  }
  return [
    route('GET', '/view', () => json(deps.view())),
    route('GET', '/readings', () =>
      json({
        steady: deps.steady(),
        readings: deps.readings().map(({ steadyAt, ...reading }) => ({ ...reading, ageMs: deps.steady() - steadyAt })),
      }),
    ),
    route('GET', '/relay-test', () => json(deps.relayTest.state())),
    route('POST', '/relay-test', (request) =>
      asked(request, RelayStep, ({ step, by }) =>
        json(step === 'block' ? deps.relayTest.block(by) : deps.relayTest.free()),
      ),
    ),
    route('POST', '/reload', () => {
      const answer = deps.reload()
      return json(answer, answer.reloaded === 'refused' ? 422 : 200)
    }),
    route('POST', '/seal', (request) =>
      asked(request, SealRequest, (wish) => {
        const sealed = deps.seal(wish)
        return json(sealed, sealed.sealed ? 200 : 409)
      }),
    ),
  ]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
