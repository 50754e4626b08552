// What is usually put behind Mosquitto: MQTT.js with a shared subscription, JSON.parse, line protocol, batches of 5,000
// into InfluxDB, one in flight. `node bare-consumer.ts <broker url> <influx url> <name>`.
import { connectAsync } from 'mqtt'
import { everyUp } from '#contract/topics.ts'

const [, , brokerUrl = '', influxUrl = '', name = ''] = process.argv
const client = await connectAsync(brokerUrl, {
  protocolVersion: 5,
  clientId: `consumer-${name}`,
  properties: { receiveMaximum: 1000 },
})
const lines: string[] = []
let state: 'idle' | 'writing' = 'idle'

async function flush(): Promise<void> {
  if (state === 'writing') return
  state = 'writing'
  while (lines.length > 0) {
    const batch = lines.splice(0, 5000)
    const answer = await fetch(`${influxUrl}/write?db=kordon&precision=u`, { method: 'POST', body: batch.join('\n') })
    if (!answer.ok) console.error(answer.status, await answer.text())
    process.send?.({ written: batch.length, at: Date.now() })
  }
  state = 'idle'
}

client.on('message', (topic, payload) => {
  const { firstSeq, records } = JSON.parse(payload.toString())
  const gateway = topic.split('/')[2]
  for (const [index, frame] of records.entries()) {
    const fields = Object.entries(frame).flatMap(([field, value]) =>
      field === 'readAt' || field === 'kind' ? [] : [`${field}=${typeof value === 'string' ? `"${value}"` : value}`],
    )
    const seq = firstSeq + index
    lines.push(`frame,gateway=${gateway} seq=${seq}i,${fields.join()} ${frame.readAt * 1000 + (seq % 1000)}`)
  }
  if (lines.length >= 5000) void flush()
})
setInterval(() => void flush(), 250)
await client.subscribeAsync(everyUp('records', 'consumers'), { qos: 1 })
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
