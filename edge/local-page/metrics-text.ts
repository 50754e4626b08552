import type { GatewayView } from './gateway-view.ts'

type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number }

const labelled = (labels: Sample['labels'] = {}): string => {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const metric = (name: string, help: string, kind: 'gauge' | 'counter', ...samples: readonly Sample[]): string =>
  [
    `# HELP kordon_edge_${name} ${help}`,
    `# TYPE kordon_edge_${name} ${kind}`,
    ...samples.map(({ labels, value }) => `kordon_edge_${name}${labelled(labels)} ${value}`),
  ].join('\n')

const oneOf = <Word extends string>(label: string, words: readonly Word[], now: Word): readonly Sample[] =>
  words.map((word) => ({ labels: { [label]: word }, value: word === now ? 1 : 0 }))

const flag = (is: boolean): Sample => ({ value: is ? 1 : 0 })

/** Pure. Prometheus text format 0.0.4, written by hand: a client library would cost memory that a gateway has little of. */
export function metricsText(view: GatewayView): string {
  const { configuration, kept, devices } = view
  const about = (device: (typeof devices)[number]) => ({ device: device.id, profile: device.profile })
  return `${[
    metric('info', 'Software of this gateway', 'gauge', { labels: { software: view.software }, value: 1 }),
    metric('up_seconds', 'Since the process began', 'counter', { value: view.upS }),
    ...(view.memoryBytes === null
      ? []
      : [metric('memory_bytes', 'Resident memory', 'gauge', { value: view.memoryBytes })]),
    metric(
      'clock_quality',
      'How good the wall clock is',
      'gauge',
      ...oneOf('quality', ['ntp', 'rtc', 'estimated'], view.timeQuality),
    ),
    metric('uplink_connected', '1 while the cloud is connected', 'gauge', flag(view.uplink === 'connected')),
    metric('relay', 'Read-back of the relay', 'gauge', ...oneOf('relay', ['closed', 'open', 'unknown'], view.relay)),
    metric(
      'gnss_trust',
      'Whether the receiver is believed',
      'gauge',
      ...oneOf('trust', ['ok', 'suspect', 'jammed'], view.trust),
    ),
    metric('order_open', '1 while an order is open', 'gauge', flag(view.work !== 'none')),
    metric('orders_rejected_total', 'Messages on the order topic that were no orders for us', 'counter', {
      value: view.rejectedOrders,
    }),
    metric(
      'outbox_records',
      'Records on disk that no receipt covers',
      'gauge',
      { labels: { log: 'events' }, value: kept.events },
      { labels: { log: 'frames' }, value: kept.frames },
    ),
    metric('odometer_km', 'Kilometres counted by this gateway', 'counter', { value: view.odometerKm }),
    metric('configuration_version', 'Applied configuration', 'gauge', { value: configuration.version }),
    metric(
      'configuration_override',
      '1 while a technician’s change waits to be reconciled',
      'gauge',
      flag(configuration.override),
    ),
    metric(
      'configuration_trial',
      '1 while the applied configuration may still be rolled back',
      'gauge',
      flag(configuration.stage === 'trial'),
    ),
    metric('sealed', '1 while the commissioning seal holds', 'gauge', flag(view.seal === 'sealed')),
    metric(
      'device_readings',
      'Readings of a device',
      'gauge',
      ...devices.map((one) => ({ labels: about(one), value: one.readings })),
    ),
    metric(
      'device_good_readings',
      'Good readings of a device',
      'gauge',
      ...devices.map((one) => ({ labels: about(one), value: one.good })),
    ),
    metric(
      'device_age_seconds',
      'Age of a device’s youngest good reading',
      'gauge',
      ...devices.flatMap((one) => (one.ageS === null ? [] : [{ labels: about(one), value: one.ageS }])),
    ),
  ].join('\n')}\n`
}
