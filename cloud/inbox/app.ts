import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import { seconds } from '#contract/instant.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { ChannelSettings } from '../messages/channel-settings.ts'
import { createEmailClient } from '../messages/email-client.ts'
import { createMaxClient } from '../messages/max-client.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { createBoardStore } from '../processes/board-store.ts'
import type { Beside } from '../processes/desk/card-past.ts'
import { createInboxStore as createEventStore } from '../processes/inbox/inbox-store.ts'
import { isSigned, signature } from '../processes/inbox/signature-client.ts'
import type { World } from '../world.ts'
import { createAccountRoutes } from './account-routes.ts'
import { createAccountStore } from './account-store.ts'
import { createAvitoClient } from './avito-client.ts'
import { createAvitoService } from './avito-service.ts'
import { createConversationStore } from './conversation-store.ts'
import { createImapClient } from './imap-client.ts'
import { createInboxRoutes } from './inbox-routes.ts'
import { createInboxService, type InboxService } from './inbox-service.ts'
import { itemView } from './item-view.ts'
import { createMailboxService } from './mailbox-service.ts'
import { createMailboxStore } from './mailbox-store.ts'
import { createReplyClient } from './reply-client.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Pick<Jobs, 'every'>
  readonly settings: Pick<ChannelSettings, 'email' | 'max' | 'mailboxes' | 'avito'>
  readonly personOf: (id: string) => Promise<{ readonly id: string; readonly name: string } | undefined>
  /** Carries an event of the processes out at once. */
  readonly carryOut: (key: string) => Promise<void>
}
export type Inbox = {
  readonly service: InboxService
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Words of conversations of a card that the caller may see; newest first. */
  readonly ofCard: Beside['letters']
}

/** Wires the shared inbox; answers go out by a job of all instances. */
export function createInbox({ db, inTransaction, world, jobs, settings, personOf, carryOut }: Parts): Inbox {
  const { clock, uuid, log, randomBytes } = world
  const avito = (settings.avito ?? []).map((one) => createAvitoClient(one, clock))
  const service = createInboxService({
    db,
    inTransaction,
    clock,
    uuid,
    log,
    conversationStore: createConversationStore,
    tell: (within: Db, { key, name, payload, about }) =>
      createEventStore(within).take(
        'inbox',
        { event: name, key, payload, about, happenedAt: clock.now() },
        clock.now(),
      ),
    driverOf: async (within, channel, outsideId) =>
      (
        await within
          .selectFrom('driverChannels')
          .select('driverId')
          .where(sql<string>`channel`, '=', channel)
          .where('address', '=', outsideId)
          .executeTakeFirst()
      )?.driverId,
    carryOut,
    cardOf: (within, phone) => createBoardStore(within).standing(undefined, { phone }),
    replies: createReplyClient({
      email: settings.email,
      emailClient: createEmailClient,
      max: settings.max === undefined ? undefined : createMaxClient(settings.max),
      avito: (userId) => avito.find((one) => one.userId === userId),
      sign: signature,
    }),
  })
  const mailboxes = createMailboxService({
    clock,
    log,
    accounts: createAccountStore(db),
    places: createMailboxStore(db),
    mailboxes: settings.mailboxes ?? [],
    imap: createImapClient,
    inbox: service,
  })
  jobs.every('inbox-answers', seconds(2), async (stop) => void (await service.deliver(stop)))
  const chats = createAvitoService({
    clock,
    log,
    accounts: createAccountStore(db),
    places: createMailboxStore(db),
    clients: avito,
    inbox: service,
  })
  if (avito.length > 0) jobs.every('inbox-avito', seconds(20), async (stop) => void (await chats.look(stop)))
  if (settings.mailboxes !== undefined)
    jobs.every('inbox-mailboxes', seconds(30), async (stop) => void (await mailboxes.look(stop)))
  return {
    service,
    ofCard: async (caller, card, page) =>
      (await service.ofCard(caller, card, page)).map((item) => ({
        ...itemView(item),
        who: item.who,
        channel: item.channel,
        account: item.accountTitle,
      })),
    routes: [
      createInboxRoutes({ inbox: service, personOf, clock }),
      createAccountRoutes({
        clock,
        uuid,
        randomBytes,
        accounts: createAccountStore(db),
        inbox: service,
        personOf,
        isSigned,
      }),
    ],
  }
}
