import { Instant } from '#contract/instant.ts'
import type { GatewayView } from './gateway-view.ts'

const STYLE =
  'body{font:16px system-ui,sans-serif;max-width:46em;margin:1em auto;padding:0 1em}' +
  'table{border-collapse:collapse;width:100%}td{overflow-wrap:anywhere}td,th{text-align:left;vertical-align:top;padding:.25em .6em .25em 0;border-bottom:1px solid #ddd}' +
  'th{font-weight:normal;color:#555}small{color:#555}.bad{border-left:6px solid #b00;padding-left:.5em}'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

type Words = readonly [russian: string, english: string]

const both = ([russian, english]: Words): string => `${escaped(russian)} <small>${escaped(english)}</small>`

const UPLINK: Record<GatewayView['uplink'], Words> = {
  connected: ['на связи', 'connected'],
  away: ['нет связи', 'away'],
}
const RELAY: Record<GatewayView['relay'], Words> = {
  closed: ['запуск разрешён', 'closed, start permitted'],
  open: ['запуск запрещён', 'open, start inhibited'],
  unknown: ['неизвестно', 'unknown'],
}
const SEAL: Record<GatewayView['seal'], Words> = {
  sealed: ['опломбирован', 'sealed'],
  broken: ['пломба сорвана', 'seal broken'],
  never: ['не опломбирован', 'not sealed'],
}
const QUALITY: Record<GatewayView['devices'][number]['quality'], Words> = {
  good: ['хорошо', 'good'],
  uncertain: ['сомнительно', 'uncertain'],
  stale: ['устарело', 'stale'],
  bad: ['нет данных', 'bad'],
}
const TIME: Record<GatewayView['timeQuality'], Words> = {
  ntp: ['по сети', 'ntp'],
  rtc: ['по часам', 'rtc'],
  estimated: ['оценка', 'estimated'],
}

const row = (title: Words, value: string, state: 'fine' | 'bad' = 'fine'): string =>
  `<tr><th>${both(title)}</th><td${state === 'bad' ? ' class="bad"' : ''}>${value}</td></tr>`

/** Pure. The page for the person at the car: one look, no script, no position, below 10 KB. */
export function statusPage(view: GatewayView): string {
  const { configuration, kept } = view
  const more: readonly Words[] = [
    ...(configuration.override ? [['изменена на месте', 'changed at the vehicle'] as const] : []),
    ...(configuration.stage === 'trial' ? [['на испытании', 'on trial'] as const] : []),
    ...(configuration.waiting ? [['новая ждёт', 'a new one waits'] as const] : []),
  ]
  const rows = [
    row(['Шлюз', 'gateway'], escaped(view.gatewayId ?? '—'), view.gatewayId === undefined ? 'bad' : 'fine'),
    row(['Часы', 'clock'], `${escaped(rfc3339(view.now))} · ${both(TIME[view.timeQuality])}`),
    row(['Связь', 'uplink'], both(UPLINK[view.uplink]), view.uplink === 'away' ? 'bad' : 'fine'),
    row(['Реле', 'relay'], both(RELAY[view.relay]), view.relay === 'unknown' ? 'bad' : 'fine'),
    row(['Пломба', 'seal'], both(SEAL[view.seal]), view.seal === 'sealed' ? 'fine' : 'bad'),
    row(['Не отправлено', 'outbox'], `${kept.events} + ${kept.frames} <small>events + frames</small>`),
    row(
      ['Конфигурация', 'configuration'],
      [
        `${configuration.version} · ${configuration.hash.slice(0, 12)} · ${configuration.source}`,
        ...more.map(both),
      ].join(' · '),
      more.length > 0 ? 'bad' : 'fine',
    ),
    row(['Программа', 'software'], escaped(view.software)),
  ]
  const devices = view.devices.map(
    ({ id, profile, quality, good, readings, ageS }) =>
      `<tr><td${quality === 'good' ? '' : ' class="bad"'}>${escaped(id)}<br><small>${escaped(profile)}</small></td>` +
      `<td>${both(QUALITY[quality])}<br><small>${good}/${readings}</small></td><td>${ageS === null ? '—' : `${ageS} s`}</td></tr>`,
  )
  return `<!doctype html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Шлюз</title><style>${STYLE}</style><h1>Шлюз <small>gateway</small></h1>
<table>${rows.join('')}</table><h2>Устройства <small>devices</small></h2>
<table><tr><th>${both(['Устройство', 'device'])}</th><th>${both(['Качество', 'quality'])}</th><th>${both(['Возраст', 'age'])}</th></tr>${devices.slice(0, SHOWN).join('')}</table>
<p><a href="/">Аварийный код <small>one-time code</small></a></p></html>`
}

/** More would not fit the size that the page promises. */
const SHOWN = 24

const rfc3339 = (at: GatewayView['now']): string => Instant.encode(at)
