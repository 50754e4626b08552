import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type AnsweredRequest = {
  readonly method: string
  /** The route's pattern, never the address: ids would make a series each. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

export type MetricsService = ReturnType<typeof createMetricsService>

/** Numbers for Prometheus, in a registry of its own, so that several clouds may live in one test process. */
export function createMetricsService() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const answered = new Histogram({
    name: 'kordon_http_request_seconds',
    help: 'Time from request to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  return {
    /** A counter with one label; the result counts. */
    counter: <What extends string>(name: string, help: string): ((what: What, by: number) => void) => {
      const counter = new Counter({ name, help, labelNames: ['what'], registers: [registry] })
      // Looked up once: some of them count every message.
      const children = new Map<What, ReturnType<typeof counter.labels>>()
      return (what, by) => {
        const child = children.get(what) ?? counter.labels({ what })
        children.set(what, child)
        child.inc(by)
      }
    },
    /** A value that is read when Prometheus asks. */
    gauge: (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    },
    observeRequest: ({ method, route, status, seconds }: AnsweredRequest): void =>
      answered.observe({ method, route, status }, seconds),
    /** The Prometheus text format and its content type. */
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}
