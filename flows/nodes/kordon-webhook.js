import { join } from 'node:path'
import { createNoticeStore } from '../notice-store.ts'
import { createWebhookClient } from '../webhook-client.ts'
import { runWebhookLoop } from '../webhook-loop.ts'

// Node-RED takes a node from the default export of its file.
export default function register(RED) {
  function KordonWebhook(settings) {
    RED.nodes.createNode(this, settings)
    const stop = new AbortController()
    const store = createNoticeStore(join(RED.settings.userDir, `notices-${this.id}.sqlite`))
    const webhook = createWebhookClient({ url: settings.url, token: settings.token || undefined })
    const onResult = ({ key, tries }, failure) => {
      this.status({ fill: failure === undefined ? 'green' : 'red', shape: 'dot', text: failure ?? key })
      if (failure !== undefined) this.warn(`${key} not delivered, attempt ${tries + 1}: ${failure}`)
    }
    const running = runWebhookLoop({ store, webhook, now: () => Date.now(), onResult }, stop.signal)
    this.on('input', (message, _send, done) => {
      if (typeof message.kind !== 'string' || typeof message.key !== 'string')
        return done(new Error('msg.kind and msg.key must be texts'))
      const key = `${message.kind}:${message.key}`
      const body = JSON.stringify({ id: key, kind: message.kind, data: message.payload })
      if (store.put(key, body, Date.now()) === 'dropped')
        this.warn('too many undelivered messages: the oldest was dropped')
      done()
    })
    this.on('close', async (done) => {
      stop.abort()
      await running
      store.close()
      done()
    })
  }
  RED.nodes.registerType('kordon-webhook', KordonWebhook)
}
