import { IconAlertTriangle, IconAntennaBarsOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Vehicle } from '../api/vehicle.ts'
import { Note } from '../design/note.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'

/** What makes rules wait: a district without network, a signal that is not believed; nothing where neither is so. */
export function Surroundings({ vehicle }: { readonly vehicle: Vehicle }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const { areaOutageSince = null, signalSuspect = null } = vehicle
  const at = (since: string): string => sinceWords(Date.parse(since), now, language)
  return (
    <>
      {signalSuspect !== null && (
        <Note tone="wait" icon={<IconAlertTriangle size={17} />} testId="signal-suspect">
          {t('standing.suspect', {
            cause: t(`standing.causes.${signalSuspect.cause}`),
            at: at(signalSuspect.since),
          })}
        </Note>
      )}
      {areaOutageSince !== null && (
        <Note tone="wait" icon={<IconAntennaBarsOff size={17} />} testId="area-outage">
          {t('standing.areaOutage', { at: at(areaOutageSince) })}
        </Note>
      )}
    </>
  )
}
