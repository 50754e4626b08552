/** One note kept about a class by the certificate library's container. */
type Notes = Map<unknown, unknown>

const notes = new WeakMap<object, Notes>()

const lookUp = (key: unknown, owner: object | null): unknown => {
  if (owner === null) return undefined
  const own = notes.get(owner)
  return own?.has(key) === true ? own.get(key) : lookUp(key, Reflect.getPrototypeOf(owner))
}

/** The library loads only where `Reflect` has these three; nothing else in this process uses them. */
if (!('getMetadata' in Reflect))
  Object.assign(Reflect, {
    getMetadata: lookUp,
    getOwnMetadata: (key: unknown, owner: object) => notes.get(owner)?.get(key),
    defineMetadata: (key: unknown, value: unknown, owner: object) => {
      const own: Notes = notes.get(owner) ?? new Map()
      own.set(key, value)
      notes.set(owner, own)
    },
  })
