import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { LedgerService } from '../ledger/ledger-service.ts'
import { finePosting } from '../ledger/posting.ts'
import { blameOf, type Fine } from './fine.ts'
import type { FineStore } from './fine-store.ts'

export type Unclear = {
  readonly fine: Fine
  readonly vehicleId: VehicleId | undefined
  readonly why: string
}
type Deps = {
  readonly fines: FineStore
  readonly post: LedgerService['post']
  readonly now: () => EpochMs
  /** Asks a person; the same fine again asks nobody anew. */
  readonly unclear: (unclear: Unclear) => Promise<void>
}

export type FineService = ReturnType<typeof createFineService>

const HOUSE = { kind: 'rule', id: 'fines', name: 'Штрафы' } as const

/** Fines to whoever drove: posted once by the number of the resolution, or given to a person. */
export function createFineService({ fines, post, now, unclear }: Deps) {
  return {
    take: async (fine: Fine): Promise<'posted' | 'known' | 'unclear'> => {
      const vehicleId = await fines.vehicleOf(fine.plate)
      const ask = async (why: string): Promise<'unclear'> => {
        await unclear({ fine, vehicleId, why })
        return 'unclear'
      }
      if (vehicleId === undefined) return ask('Машины с таким номером нет')
      if (fine.at > now()) return ask('Время нарушения ещё не наступило')
      const blame = blameOf(await fines.momentOf(vehicleId, fine.at))
      if (blame.kind === 'unclear') return ask(blame.why)
      const { driverId, parkId } = blame
      const note = [`Штраф ${fine.no}`, fine.article].filter((part) => part !== undefined).join(', ')
      const posted = await post(
        finePosting({
          key: `fine ${fine.no}`,
          at: fine.at,
          parkId,
          driverId,
          vehicleId,
          kopecks: fine.amount,
          note,
          by: HOUSE,
        }),
      )
      return posted.outcome
    },
  }
}
