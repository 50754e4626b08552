import { readFileSync } from 'node:fs'
import type { RecordingName } from './fleet.ts'
import { type Recording, recordingFromCsv, recordingFromNmea, reversed } from './recording.ts'
import { parseRoadGraph, type RoadGraph } from './road-graph.ts'

export type DemoDataStore = {
  roadGraph(): RoadGraph
  /** The runs a replayed car repeats: the recording, then the way back. */
  runs(name: RecordingName): readonly Recording[]
}

/** The files of demo/data, read-only. The graph (2 MB) is read only when a car needs it. */
export function createDemoDataStore(): DemoDataStore {
  const text = (name: string): string => readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8')
  const thereAndBack = (recording: Recording): readonly Recording[] => [recording, reversed(recording)]
  let graph: RoadGraph | undefined
  return {
    roadGraph: () => {
      graph ??= parseRoadGraph(JSON.parse(text('moscow-drive-graph.json')))
      return graph
    },
    runs: (name) => {
      switch (name) {
        case 'car-munich':
          return thereAndBack(recordingFromCsv(text('car-munich.csv'), 'x0001-001'))
        case 'bus-limerick':
          return thereAndBack(recordingFromCsv(text('bus-limerick.csv'), 'bus304'))
        case 'moscow-receiver':
          // It stood still: the same run again begins where it ended.
          return [recordingFromNmea(text('bu353-glonass.log'))]
        default:
          return name satisfies never
      }
    },
  }
}
