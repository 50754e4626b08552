import type { EpochMs } from '#contract/instant.ts'
import { midnight } from '../../calendar/moscow-day.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import { isOpen } from '../engine/calendar.ts'
import { type Machine, STUCK } from '../engine/machine.ts'
import type { Workplace } from '../notation/catalogue.ts'
import type { TaskView } from './card-view.ts'
import type { Sight, Sights } from './sight.ts'
import type { Listed } from './task-desk.ts'
import type { TaskStore } from './task-store.ts'

type Deps = {
  readonly now: () => EpochMs
  readonly sights: Sights
  readonly tasks: TaskStore
  readonly inSight: (card: string, caller: Caller) => Promise<boolean>
  readonly view: (sight: Sight, listed: Listed) => Promise<TaskView>
}

/** A given task stays with a person for this long without a word from him. */
const GIVEN_MS = 30 * 60_000
const DAY_MS = 86_400_000

/** Pure. Every kind of task that a place may give. */
const templatesOf = (place: Workplace): readonly string[] => [
  ...new Set([...place.queues.flatMap((queue) => queue.tasks.map(({ name }) => name)), STUCK]),
]

/** One task at a time from the queues that the head has ordered. */
export function createWorkplace({ now, sights, tasks, inSight, view }: Deps) {
  const find = async (caller: Caller, id: string) => {
    const found = await tasks.find(id)
    if (found === undefined || !(await inSight(found.card, caller))) throw new Fault('task/unknown')
    return found
  }

  /** The places meant for the caller's roles; the one asked for, or the first. Faults: workplace/none. */
  const placesOf = async (caller: Caller, machine: Machine, wanted: string | undefined) => {
    const roles = await sights.rolesOf(caller)
    const places = [...machine.definitions.org.workplaces.values()].filter(({ who }) => roles.includes(who.name))
    const place = wanted === undefined ? places[0] : places.find(({ id }) => id === wanted)
    if (place === undefined) throw new Fault('workplace/none')
    return { places, place }
  }

  return {
    /** The first non-empty queue that is open now feeds the next task; inside it priority, then due time. One task, one person. */
    next: async (caller: Caller, wish: { readonly place?: string | undefined; readonly take: 'yes' | 'no' }) => {
      const machine = await sights.active()
      const at = now()
      const sight = await sights.sightOf(caller)
      const { places, place } = await placesOf(caller, machine, wish.place)
      const day = midnight(at)
      const minute = Math.floor((at - day) / 60_000)
      const calendar = machine.calendar(place.calendar.name)
      const assignees = await sights.assigneesOf(caller)
      const skipped = await tasks.skipped(caller.id, day)
      const held = await tasks.heldByOthers(caller.id, at - GIVEN_MS)
      const templates = templatesOf(place)
      const waiting = await tasks.waiting({ assignees, parks: caller.parks, openBy: at, not: held }, at)
      const figures = {
        id: place.id,
        title: place.title,
        role: place.who.name,
        left: await tasks.count({ assignees, parks: caller.parks, templates, openBy: day + DAY_MS }),
        done: await tasks.doneToday(caller.id, day),
        skipsLeft: Math.max(0, (place.skip?.perDay ?? 0) - skipped.length),
        from: calendar === undefined ? null : day + calendar.from * 60_000,
        until: calendar === undefined ? null : day + calendar.to * 60_000,
        open: calendar === undefined || isOpen(calendar, at, machine.holidays),
        waiting: waiting
          .filter(({ template }) => templates.includes(template))
          .map((row) => ({ ...row, title: machine.template(row.template)?.title ?? row.template })),
        places: places.map((one) => {
          const own = templatesOf(one)
          const mine = waiting.filter(({ template }) => own.includes(template))
          return { id: one.id, title: one.title, waiting: mine.reduce((sum, { count }) => sum + count, 0) }
        }),
      }
      const already = await tasks.givenTo(caller.id, at - GIVEN_MS)
      // What a person has in his hands stays there, whatever comes into a queue above it.
      const [inHand] = (
        await tasks.list({ assignees, parks: caller.parks, templates, openBy: at, not: skipped }, 200)
      ).filter(({ task }) => already.includes(task.id))
      if (
        wish.take === 'yes' &&
        inHand !== undefined &&
        (await tasks.take(inHand.task.id, caller.id, at, at - GIVEN_MS))
      )
        return { ...figures, task: await view(sight, inHand), nextAt: null }
      for (const queue of wish.take === 'yes' ? place.queues : []) {
        if (minute < queue.from || minute >= queue.to) continue
        const found = await tasks.list(
          {
            assignees,
            parks: caller.parks,
            templates: queue.tasks.map(({ name }) => name),
            openBy: at,
            not: [...skipped, ...held],
          },
          20,
        )
        for (const listed of found)
          if (await tasks.take(listed.task.id, caller.id, at, at - GIVEN_MS))
            return { ...figures, task: await view(sight, listed), nextAt: null }
      }
      const [soonest] = (await tasks.list({ assignees, parks: caller.parks, templates }, 200))
        .filter(({ task }) => task.openFrom > at)
        .sort((a, b) => a.task.openFrom - b.task.openFrom)
      return {
        ...figures,
        task: null,
        nextAt: soonest === undefined ? null : { at: soonest.task.openFrom, title: soonest.task.title },
      }
    },

    /** Puts a task off until tomorrow for this person; others may have it at once. Faults: workplace/…, task/unknown. */
    skip: async (caller: Caller, id: string, reason: string, wanted?: string): Promise<void> => {
      const { place } = await placesOf(caller, await sights.active(), wanted)
      const at = now()
      if ((await tasks.skipped(caller.id, midnight(at))).length >= (place.skip?.perDay ?? 0))
        throw new Fault('workplace/no-more-skips')
      await find(caller, id)
      await tasks.skip(caller.id, id, at, reason)
      await tasks.release(id)
    },

    /** Gives a task back: it waits for whoever asks next, him too. Does nothing to a task that another person has. */
    giveBack: async (caller: Caller, id: string): Promise<void> => {
      const found = await find(caller, id)
      if (found.takenBy === caller.id) await tasks.release(id)
    },
  }
}
