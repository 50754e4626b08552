/**
 * The certificate library's container asks for the three functions below of the (abandoned) metadata proposal for
 * `Reflect` and refuses to load without them; it keeps one map per class in them, nothing else. To be imported before it.
 */
const kept = new WeakMap<object, Map<unknown, unknown>>()

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const own = kept.get(target) ?? new Map<unknown, unknown>()
  kept.set(target, own.set(key, value))
}
const getOwnMetadata = (key: unknown, target: object): unknown => kept.get(target)?.get(key)

const getMetadata = (key: unknown, target: object): unknown => {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at))
    if (kept.get(at)?.has(key) === true) return getOwnMetadata(key, at)
  return undefined
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { defineMetadata, getMetadata, getOwnMetadata })
