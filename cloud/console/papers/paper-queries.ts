import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { VehiclePapers } from '../api/upkeep.ts'

export const PAPERS = 'papers'
/** What a change of a paper touches. */
export const OF_PAPERS = [PAPERS, 'vehicles', 'vehicle', 'timeline'] as const

export const papersPath = (vehicleId: string): string => `/vehicles/${encodeURIComponent(vehicleId)}/papers`

export const useVehiclePapers = (vehicleId: string): UseQueryResult<VehiclePapers> =>
  useQuery({
    queryKey: [PAPERS, 'of', vehicleId],
    queryFn: ({ signal }) => get<VehiclePapers>(papersPath(vehicleId), signal),
    refetchInterval: 60_000,
  })
