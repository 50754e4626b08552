import { createCloudClient } from '../cloud-client.ts'
import { createFeedService } from '../feed-service.ts'
import { runLiveLoop } from '../live-loop.ts'

// Node-RED takes a node from the default export of its file.
export default function register(RED) {
  function KordonLive(settings) {
    RED.nodes.createNode(this, settings)
    const stop = new AbortController()
    let last = ''
    const feed = createFeedService({
      cloud: createCloudClient(settings.url, settings.token),
      emit: (topic, payload) => this.send({ topic, payload }),
    })
    const running = runLiveLoop(
      {
        url: `${settings.url}/api/live`,
        token: settings.token,
        onMessage: feed.take,
        onState: (state) => {
          this.status({ fill: state === 'live' ? 'green' : 'red', shape: 'dot', text: state })
          if (state !== last) this[state === 'live' ? 'log' : 'warn'](state)
          last = state
        },
      },
      stop.signal,
    )
    this.on('close', async (done) => {
      stop.abort()
      await running
      done()
    })
  }
  RED.nodes.registerType('kordon-live', KordonLive)
}
