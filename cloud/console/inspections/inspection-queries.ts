import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Page } from '../api/timeline.ts'
import type { Inspection, InspectionCard, Slot, Station, Visit } from '../api/upkeep.ts'

export const INSPECTIONS = 'inspections'
export const STATIONS = 'stations'
/** What every step of a visit touches. */
export const UPKEEP = [INSPECTIONS, STATIONS, 'vehicles', 'vehicle', 'timeline'] as const

export type InspectionPage = Page<Inspection> & { readonly overdue: number }

export const inspectionPath = (vehicleId: string): string => `/vehicles/${encodeURIComponent(vehicleId)}/inspection`
export const visitPath = ({ vehicleId, id }: Pick<Visit, 'vehicleId' | 'id'>, step: string): string =>
  `${inspectionPath(vehicleId)}/visits/${encodeURIComponent(id)}/${step}`

export const useInspection = (vehicleId: string): UseQueryResult<InspectionCard> =>
  useQuery({
    queryKey: [INSPECTIONS, 'of', vehicleId],
    queryFn: ({ signal }) => get<InspectionCard>(inspectionPath(vehicleId), signal),
    refetchInterval: 60_000,
  })

export const useStations = (): UseQueryResult<Page<Station>> =>
  useQuery({ queryKey: [STATIONS], queryFn: ({ signal }) => get<Page<Station>>('/inspection-stations', signal) })

const stationPath = (id: string): string => `/inspection-stations/${encodeURIComponent(id)}`

/** Free times of one day of a station. */
export const useSlots = (station: string | null, day: string): UseQueryResult<{ readonly items: readonly Slot[] }> =>
  useQuery({
    queryKey: [STATIONS, 'slots', station, day],
    queryFn: ({ signal }) =>
      get<{ items: readonly Slot[] }>(`${stationPath(station ?? '')}/slots?from=${day}&days=1`, signal),
    enabled: station !== null && day !== '',
    staleTime: 0,
  })

export const useDayVisits = (station: string, day: string): UseQueryResult<{ readonly items: readonly Visit[] }> =>
  useQuery({
    queryKey: [STATIONS, 'visits', station, day],
    queryFn: ({ signal }) => get<{ items: readonly Visit[] }>(`${stationPath(station)}/visits?day=${day}`, signal),
    enabled: day !== '',
  })
