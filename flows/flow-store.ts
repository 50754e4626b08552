import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlowFile, type FlowNode, lintFlows } from './flow-lint.ts'

/** Reads every `*.json` of the folder. Throws one error naming each mistake: unreadable JSON, denied nodes, loose ids. */
export function loadFlows(dir: string): readonly FlowFile[] {
  const files = readdirSync(dir)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, nodes: readNodes(join(dir, file)) }))
  const mistakes = lintFlows(files)
  if (mistakes.length > 0) throw new Error(`the flows are refused\n  ${mistakes.join('\n  ')}`)
  return files
}

function readNodes(path: string): readonly FlowNode[] {
  try {
    const nodes: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (Array.isArray(nodes)) return nodes
    throw new Error('is not a list of nodes')
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}

/**
 * Node-RED's storage, made of the files in the repository and read-only: flows are code and change by review. The editor
 * may try things out and export them; what it deploys is gone at the next start.
 */
export function createFlowStore(files: readonly FlowFile[]) {
  let flows: readonly FlowNode[] = files.flatMap(({ nodes }) => nodes)
  let settings: object = {}
  let sessions: object = {}
  return {
    init: async () => {},
    getFlows: async () => structuredClone(flows),
    saveFlows: async (edited: readonly FlowNode[]) => {
      const mistakes = lintFlows([{ file: 'editor', nodes: edited }]).filter((mistake) => !mistake.includes(' tabs; '))
      if (mistakes.length > 0) throw new Error(mistakes.join('; '))
      flows = edited
    },
    getCredentials: async () => ({}),
    saveCredentials: async (credentials: object) => {
      if (Object.keys(credentials).length > 0)
        throw new Error('credentials come from the environment and are not stored')
    },
    getSettings: async () => settings,
    saveSettings: async (changed: object) => {
      settings = changed
    },
    getSessions: async () => sessions,
    saveSessions: async (changed: object) => {
      sessions = changed
    },
    getLibraryEntry: async () => [],
    saveLibraryEntry: async () => {
      throw new Error('there is no library')
    },
  }
}
