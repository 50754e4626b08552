import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Effect } from '../engine/card.ts'
import type { Machine } from '../engine/machine.ts'
import { printText } from '../engine/print.ts'
import { NotConnected, type ProcessPorts } from './ports.ts'

type Deps = {
  readonly ports: ProcessPorts
  readonly now: () => number
  readonly active: () => Promise<Machine | undefined>
}

/** What of an effect has to be done outside of our transaction, before it is marked as done; idempotent by key. */
export function createOutside({ ports, now, active }: Deps) {
  return async (key: string, card: string, effect: Effect): Promise<Fact> => {
    switch (effect.kind) {
      case 'emit':
        await ports.rules?.({
          id: key,
          name: effect.event,
          at: now(),
          payload: effect.payload,
          subject: effect.subject,
        })
        return undefined
      case 'recordChanged':
        for (const path of effect.paths)
          await ports.rules?.({
            id: `${key}:${path}`,
            name: 'field.changed',
            at: now(),
            payload: { path },
            subject: { [effect.entity]: effect.id },
          })
        return undefined
      case 'hold':
        if (ports.hold === undefined) throw new NotConnected('Блокировки из процессов не подключены')
        await ports.hold({
          key,
          place: effect.place,
          lift: effect.lift,
          holdKey: effect.key,
          vehicle: effect.vehicle,
          rule: undefined,
          card,
        })
        return undefined
      case 'call':
        if (ports.call === undefined) throw new NotConnected(`Порт «${effect.port}» не подключён`)
        return ports.call({ key, port: effect.port, method: effect.method, args: effect.args })
      case 'telephony': {
        if (ports.telephony === undefined) throw new NotConnected('Телефония не подключена')
        const call = effect.facts['call']
        const machine = effect.say === undefined ? undefined : await active()
        const text = machine?.definitions.messages.get(effect.say ?? '')?.text
        await ports.telephony({
          key,
          transfer: effect.transfer,
          text: machine === undefined || text === undefined ? text : printText(text, effect.facts, machine.definitions),
          call: isFacts(call) ? call : {},
          card: card === '' ? undefined : card,
        })
        return undefined
      }
      default:
        return undefined
    }
  }
}

export const isFacts = (fact: Fact): fact is Facts => typeof fact === 'object' && fact !== null && !Array.isArray(fact)
