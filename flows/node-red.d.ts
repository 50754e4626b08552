/** The part of Node-RED that main.ts uses; the package ships no types of its own. */
declare module 'node-red' {
  type NodeRed = {
    init(server: import('node:http').Server, settings: object): void
    start(): Promise<void>
    stop(): Promise<void>
    readonly httpAdmin: import('node:http').RequestListener
    readonly events: {
      on(event: 'flows:started', listener: () => void): void
      on(
        event: 'runtime-event',
        listener: (event: { id: string; payload?: { type?: string; text?: string } }) => void,
      ): void
    }
  }
  const RED: NodeRed
  export default RED
}
