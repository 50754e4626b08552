import { z } from 'zod'
import type { Definitions } from '../notation/definitions.ts'

export const TRIP_STARTED = 'telemetry.trip_started'

const Driven = z.looseObject({
  ignition: z.literal(true),
  speedKmh: z.number().gt(3),
  motion: z.literal(true).optional(),
  fix: z.string().refine((fix) => fix !== 'none'),
  gnssTrust: z.literal('ok'),
  timeQuality: z.string(),
})

/** Pure. A frame of a car that drives: engine on, faster than 3 km/h, by a believed fix, and no word of the car against it. */
export const isDriven = (frame: unknown): boolean => Driven.safeParse(frame).success

export type WaitingStage = { readonly pipeline: string; readonly stage: string }

/** Pure. The stages whose cards wait for the first trip. */
export const stagesWaiting = ({ pipelines }: Definitions): readonly WaitingStage[] =>
  [...pipelines.values()].flatMap(({ id: pipeline, stages }) =>
    stages
      .filter(({ when }) =>
        when.some(({ event }) => event.kind === 'outside' && event.names.some(({ name }) => name === TRIP_STARTED)),
      )
      .map(({ id: stage }) => ({ pipeline, stage })),
  )
