import { midnight } from '../../calendar/moscow-day.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { DeskService } from '../desk/desk-service.ts'
import type { May } from '../desk/may.ts'
import type { FactStore } from '../fact-store.ts'
import { e164 } from '../inbox/webhook.ts'
import type { ProcessService } from '../process-service.ts'
import type { Party, PartyStore } from './party-store.ts'
import type { StaffStore } from './staff-store.ts'
import { type RequestKind, scenarioOf, type Warranty, warrantyOf } from './warranty.ts'

type Deps = Pick<World, 'clock' | 'uuid'> & {
  readonly db: Db
  readonly desk: DeskService
  readonly processes: Pick<ProcessService, 'act' | 'active'>
  readonly parties: PartyStore
  readonly staff: StaffStore
  readonly facts: (db: Db) => Pick<FactStore, 'write' | 'record'>
  /** The vehicle that somebody names by its id or plate, if he sees it. */
  readonly vehicleOf: (caller: Caller, named: string) => Promise<string | undefined>
  readonly may: May
}
export type MachineView = {
  readonly serial: string
  readonly fields: Facts
  readonly warranty: Warranty
  readonly scenarios: Readonly<Record<RequestKind, string | null>>
}
export type ClientView = { readonly id: string; readonly fields: Facts }
export type RequestWish = {
  readonly card: string | undefined
  readonly phone: string
  readonly client: string
  readonly machine: string
  readonly requestKind: RequestKind
  readonly need: string
}
export type DispatcherService = ReturnType<typeof createDispatcherService>

const INTAKE = 'intake'
const MOST_CARDS = 20

/** The dispatcher's window: who calls, about which machine, and what becomes of it. */
export function createDispatcherService(deps: Deps) {
  const { db, clock, uuid, desk, processes, parties, staff, may } = deps

  /** Each field by the rights of the caller. */
  const seen = async (caller: Caller, entity: string, fields: Facts): Promise<Facts> => {
    const rights = await may(caller)
    return Object.fromEntries(
      Object.entries(fields).flatMap(([field, value]): [string, Fact][] => {
        const right = rights.field(entity, field)
        if (right === 'hidden') return []
        if (right !== 'masked') return [[field, value]]
        const shown = rights.shown(entity, field, value === undefined || value === null ? null : String(value))
        return shown === null ? [] : [[field, shown]]
      }),
    )
  }
  const clientView = async (caller: Caller, { id, fields }: Party): Promise<ClientView> => ({
    id,
    fields: await seen(caller, 'client', fields),
  })
  const machineView = async (caller: Caller, { id, fields: own }: Party): Promise<MachineView> => {
    // With the hours of its gateway, where it has one.
    const fields = { ...own, ...(await deps.facts(db).record('machine', id)) }
    const warranty = warrantyOf(fields, midnight(clock.now()))
    return {
      serial: id,
      fields: await seen(caller, 'machine', fields),
      warranty,
      scenarios: { repair: scenarioOf(warranty, 'repair'), maintenance: scenarioOf(warranty, 'maintenance') },
    }
  }
  const cardsLike = (caller: Caller, q: string) =>
    desk.cards(caller, { q, state: 'all' }, { limit: MOST_CARDS, after: undefined, sort: 'no' })
  const unique = (parts: readonly Party[]): readonly Party[] => [...new Map(parts.map((one) => [one.id, one])).values()]

  const cardsOf = (caller: Caller, entity: string, record: string) =>
    desk.cards(caller, { link: { entity, record }, state: 'all' }, { limit: 50, after: undefined, sort: 'no' })

  const asked = async (caller: Caller, wish: RequestWish): Promise<Facts> => {
    const [client, machine] = await Promise.all([
      parties.client(wish.client),
      parties.machine(wish.machine, caller.parks),
    ])
    if (client === undefined) throw new Fault('request/invalid', 'Такого клиента нет')
    if (machine === undefined) throw new Fault('request/invalid', 'Такой техники нет')
    const name = client.fields['name']
    return {
      phone: phoneOf(wish.phone),
      client: wish.client,
      machine: wish.machine,
      requestKind: wish.requestKind,
      need: wish.need,
      ...(typeof name === 'string' ? { name } : {}),
      ...(wish.card === undefined ? { source: `Диспетчер ${caller.name}` } : {}),
    }
  }

  return {
    /** Clients, their machines and cards by a phone, a name, a number of a machine, of an order or of a contract, a plate. */
    search: async (caller: Caller, written: string) => {
      const text = written.trim()
      const phone = e164(text)
      const found =
        phone === undefined
          ? unique([...(await parties.clientsLike(text))])
          : unique([...(await parties.clientsByPhone(phone)), ...(await parties.clientsLike(text))])
      const machines = unique([
        ...(phone === undefined ? await parties.machinesLike(text, caller.parks) : []),
        ...(await Promise.all(found.slice(0, 3).map((client) => parties.machinesOf(client, caller.parks)))).flat(),
      ])
      const owners = new Set(machines.map(({ fields }) => fields['buyer']).filter((name) => typeof name === 'string'))
      const buyers =
        found.length > 0
          ? []
          : (await Promise.all([...owners].slice(0, 3).map((name) => parties.clientsLike(String(name))))).flat()
      const cards = await cardsLike(caller, phone ?? text)
      return {
        phone: phone ?? null,
        clients: await Promise.all(unique([...found, ...buyers]).map((one) => clientView(caller, one))),
        machines: await Promise.all(machines.map((one) => machineView(caller, one))),
        cards,
      }
    },

    /** A machine with its warranty, the open orders about it and what there was before. Faults: machine/unknown. */
    machine: async (caller: Caller, serial: string) => {
      const found = await parties.machine(serial, caller.parks)
      if (found === undefined) throw new Fault('machine/unknown')
      const cards = await cardsOf(caller, 'machine', serial)
      return { ...(await machineView(caller, found)), cards }
    },
    client: async (caller: Caller, id: string) => {
      const found = await parties.client(id)
      if (found === undefined) throw new Fault('client/unknown')
      return {
        ...(await clientView(caller, found)),
        machines: await Promise.all(
          (await parties.machinesOf(found, caller.parks)).map((one) => machineView(caller, one)),
        ),
        cards: await cardsOf(caller, 'client', id),
      }
    },

    /** A new client; the one who has this phone already is answered instead. */
    addClient: async (caller: Caller, wish: { readonly name: string; readonly phone: string } & Facts) => {
      const phone = phoneOf(wish.phone)
      const [known] = await parties.clientsByPhone(phone)
      if (known !== undefined) return { known: true, client: await clientView(caller, known) }
      const id = uuid()
      const fields = { ...wish, phone }
      await deps.facts(db).write('client', id, fields, clock.now())
      return { known: false, client: await clientView(caller, { id, fields }) }
    },
    /** A machine by its serial number; `change` writes over what is known of it, without it only a new one is written. */
    putMachine: async (caller: Caller, serial: string, set: Facts, change: boolean) => {
      const known = await parties.machine(serial, caller.parks)
      // A serial number is one in the house: what another park keeps under it is neither shown nor written over.
      if (known === undefined && !change && (await parties.machine(serial, 'all')) !== undefined)
        throw new Fault('request/invalid', 'Этот серийный номер занят')
      if (known !== undefined && !change) return { known: true, machine: await machineView(caller, known) }
      if (known === undefined && change) throw new Fault('machine/unknown')
      const rights = await may(caller)
      const closed = Object.keys(set).filter((field) => ['hidden', 'masked'].includes(rights.field('machine', field)))
      if (closed.length > 0) throw new Fault('card/field-closed', `Эти поля вам не открыты: ${closed.join(', ')}`)
      const named = set['vehicle']
      const vehicle = typeof named === 'string' ? await deps.vehicleOf(caller, named) : undefined
      if (named !== undefined && vehicle === undefined) throw new Fault('request/invalid', 'Такого автомобиля нет')
      const fields = { ...known?.fields, ...set, ...(vehicle === undefined ? {} : { vehicle }), serial }
      await deps.facts(db).write('machine', serial, fields, clock.now())
      return { known: known !== undefined, machine: await machineView(caller, { id: serial, fields }) }
    },

    /** The filled form: a call that waits, or a new card, goes on to the lawyer or to approval. Faults: card/refused and its kin. */
    request: async (caller: Caller, wish: RequestWish) => {
      const set = await asked(caller, wish)
      const actor = await desk.actorOf(caller)
      const card =
        wish.card ?? (await desk.create(caller, { pipeline: INTAKE, stage: 'call', fields: set })).state.card.id
      if (wish.card !== undefined) {
        const now = await desk.card(caller, card)
        if (now.pipeline !== INTAKE || now.stage !== 'call')
          throw new Fault('card/refused', `Эта заявка уже на этапе «${now.stageTitle}»`)
        await processes.act(card, { kind: 'fields', set }, actor)
      }
      await processes.act(card, { kind: 'outside', name: 'form.submitted', payload: {} }, actor)
      const after = await desk.card(caller, card)
      return { card, no: after.no, stage: after.stage, stageTitle: after.stageTitle }
    },

    /** Who plays a role, and who of them is free at a time for one slot of that resource. */
    people: async (role: string, at: number | undefined) => {
      const machine = await processes.active()
      const resource = [...(machine?.definitions.org.resources.values() ?? [])].find((one) => one.role?.name === role)
      const taken =
        at === undefined || resource === undefined
          ? new Set<string>()
          : await staff.takenUnits(resource.id, at, at + (resource.slot?.ms ?? 3_600_000))
      return (await staff.playing([role])).map(({ id, name }) => ({
        id,
        name,
        free: at === undefined ? null : !taken.has(id),
      }))
    },
  }
}

function phoneOf(written: string): string {
  const phone = e164(written)
  if (phone === undefined) throw new Fault('request/invalid', 'Телефон записан неверно')
  return phone
}
