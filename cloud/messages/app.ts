import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { later, minutes, seconds } from '#contract/instant.ts'
import { createDriverStore } from '../drivers/driver-store.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { policyFacts } from '../policies/policy.ts'
import { createPolicyStore, readShippedPolicies } from '../policies/policy-store.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { createFileStore } from '../processes/documents/file-store.ts'
import type { Rules } from '../rules/app.ts'
import type { World } from '../world.ts'
import { createCallbackRoutes } from './callback-routes.ts'
import type { MessageChannel } from './channel.ts'
import type { ChannelSettings } from './channel-settings.ts'
import { createEmailClient } from './email-client.ts'
import { createMaxClient } from './max-client.ts'
import { createMessageRoutes } from './message-routes.ts'
import { createMessageService, type MessageService } from './message-service.ts'
import { createMessageStore, type MessageStore } from './message-store.ts'
import { type MessageView, messageView } from './message-view.ts'
import { type AskToCall, createPersonCall } from './person-call.ts'
import { processMessage, sendAction } from './send-action.ts'
import { createSmsAeroClient } from './sms-aero-client.ts'
import { createSmscClient } from './smsc-client.ts'
import { readShippedTemplates } from './template-store.ts'
import { type ShortSince, undelivered, WARNING_RULE, warnedFacts } from './warnings.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every'>
  readonly settings: ChannelSettings
  readonly mode: 'demo' | 'production'
  /** Under which people reach us; undefined: messages name no page of ours. */
  readonly publicUrl: string | undefined
  readonly changed: (vehicle: VehicleId) => void
  /** Opens a task for a person to call. */
  readonly askToCall: AskToCall
}

export type Messages = {
  readonly service: MessageService
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** For processes: their port `sendMessage`. */
  readonly processMessage: ReturnType<typeof processMessage>
  /** What was said on behalf of a card, as it is told over REST; newest first. */
  ofCard(card: string, page: Parameters<MessageStore['ofCard']>[1]): Promise<readonly MessageView[]>
  /** Hangs the action `send` and what is known of warnings into the rules. */
  joinRules(ports: Pick<Rules['ports'], 'action' | 'facts' | 'permit' | 'satisfiedSince'>): void
}

const KEPT = minutes(400 * 24 * 60)

/** Wires messages; they go out by a job of all instances together. */
export function createMessages({
  db,
  inTransaction,
  world,
  jobs,
  settings,
  mode,
  publicUrl,
  changed,
  askToCall,
}: Parts): Messages {
  const { specs } = readShippedPolicies()
  const page = publicUrl === undefined ? undefined : new URL('/d', publicUrl).href
  const given = {
    links: { driverPage: page, pay: settings.payUrl ?? page },
    support: { phone: settings.supportPhone },
  }
  const context = async (within: Db) => {
    const rows = await createPolicyStore(within).newestOfEach()
    return { ...given, policy: policyFacts(specs, new Map(rows.map(({ name, value }) => [name, value]))) }
  }
  const service = createMessageService({
    ...world,
    db,
    messageStore: createMessageStore,
    driverStore: createDriverStore,
    templates: readShippedTemplates(),
    channels: [...channelsOf(settings), createPersonCall(askToCall)],
    mode,
    context,
    changed,
    filesOf: createFileStore(db).contents,
  })
  jobs.every('messages', seconds(2), service.deliver)
  jobs.every('messages-forgotten', minutes(24 * 60), async () => {
    await service.forgetBefore(later(world.clock.now(), -KEPT))
  })
  return {
    service,
    routes: [
      createMessageRoutes(service),
      createCallbackRoutes({ expected: callbackOf(settings), told: service.told }),
    ],
    processMessage: processMessage(service.send, (within, card, names) =>
      createFileStore(within).attached(card, names),
    ),
    ofCard: async (card, page) =>
      (await createMessageStore(db).ofCard(card, page)).map((row) =>
        messageView(row, service.templates[row.kind]?.title ?? ''),
      ),
    joinRules: (ports) => {
      ports.action(
        'send',
        sendAction((wish) => inTransaction((within) => service.send(within, wish))),
      )
      const shortSince: ShortSince = (drivers) => ports.satisfiedSince(WARNING_RULE, drivers)
      ports.facts('driver', warnedFacts(service, shortSince))
      ports.permit('warning_undelivered', undelivered(service, shortSince))
    },
  }
}

const callbackOf = ({ sms }: ChannelSettings) =>
  sms?.callbackToken === undefined ? undefined : { vendor: sms.vendor, token: sms.callbackToken }

function channelsOf({ sms, max, email }: ChannelSettings): readonly MessageChannel[] {
  return [
    ...(max === undefined ? [] : [createMaxClient(max)]),
    ...(sms === undefined ? [] : [sms.vendor === 'smsc' ? createSmscClient(sms) : createSmsAeroClient(sms)]),
    ...(email === undefined ? [] : [createEmailClient(email)]),
  ]
}
