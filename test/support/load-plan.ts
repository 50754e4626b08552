import type { GatewayId, StreamId } from '#contract/ids.ts'

/** What a load consists of. Everything a record says follows from its stream and seq, so that sent again it is the same. */
export type LoadPlan = {
  readonly host: string
  readonly ports: readonly number[]
  readonly gateways: readonly LoadGateway[]
  /** Unacknowledged messages per gateway. */
  readonly window: number
  /** 1: a JSON frame a message; more: a compact batch of so many. */
  readonly framesPerMessage: number
  /** Share of messages that are sent again after their acknowledgement. */
  readonly resent: number
  /** Frames a second of all gateways together; absent: as fast as acknowledgements come. */
  readonly framesPerS?: number
  /** Between the readAt of two frames of a stream. */
  readonly stepMs: number
  /** When the first frame was read, epoch ms. */
  readonly from: number
  /**
   * What lets a sender forget: the broker's acknowledgement, or the cloud's receipt. By receipt, everything behind the
   * last one is sent again after each connect and whenever none has come for a while.
   */
  readonly forgets: 'on-acknowledgement' | 'on-receipt'
  readonly protocol: 'own' | 'bare'
}
export type LoadGateway = {
  readonly id: GatewayId
  readonly stream: StreamId
  readonly password: string
  /** With it the gateway comes by TLS 1.3 and proves itself. PEM texts. */
  readonly proof?: { readonly key: string; readonly cert: string; readonly ca: string }
  /** Absent: up and down the street with all the others. */
  readonly drive?: LoadDrive
}

/** Straight on along a meridian. */
export type LoadDrive = {
  readonly lat: number
  readonly lon: number
  /** To the north; less than nothing is to the south. */
  readonly metresPerS: number
  /** Instead of the plan's. */
  readonly stepMs: number
}

/** Of one stream: everything up to `through`, and single numbers beyond it. */
export type LedgerPage = {
  readonly gateway: GatewayId
  readonly stream: StreamId
  readonly through: number
  readonly beyond: readonly number[]
}

export type LoadReport = {
  /** What was acknowledged (or receipted), by stream: this may not be lost. */
  readonly ledger: readonly LedgerPage[]
  /** Frames in it. */
  readonly frames: number
  /** Messages acknowledged, those that were sent again among them. */
  readonly messages: number
  readonly reconnects: number
  /** First publish to last acknowledgement. */
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly cpuSeconds: number
  /** Of one core, while it sent. */
  readonly cpuShare: number
  readonly bytesSent: number
}
