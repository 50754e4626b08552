import { MAX_BATCH_BYTES } from '#contract/record.ts'

/** Numbers of the limits page; each has a test that reaches it. */
export const BROKER_LIMITS = {
  packetBytes: MAX_BATCH_BYTES + 1024,
  /** Before CONNECT is accepted nothing longer is taken from a stranger. */
  firstPacketBytes: 1024,
  connectMs: 5000,
  drainMs: 10_000,
  /** Packets behind a pending commit are not parsed, so a shorter keep-alive would drop a client that waits for us. */
  keepAliveFloorS: 60,
  publishesAtOnce: 32,
  publishesWaiting: 4096,
  durableWithinMs: 20_000,
  strangersPerAddress: 4000,
} as const
