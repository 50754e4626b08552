import { useEffect } from 'react'

/** Pure. What the browser's tab says for a page with this heading. */
export function tabTitle(heading: string): string {
  const words = heading.replace(/\s+/g, ' ').trim()
  return words === '' || words === 'Kordon' ? 'Kordon' : `${words} · Kordon`
}

/** Keeps the tab at what the page's own heading says: whoever has five cars open finds the one he wants. */
export function useTabTitle(): void {
  useEffect(() => {
    const say = (): void => {
      const title = tabTitle(document.querySelector('h1')?.textContent ?? '')
      if (document.title !== title) document.title = title
    }
    const watcher = new MutationObserver(say)
    watcher.observe(document.body, { childList: true, subtree: true, characterData: true })
    say()
    return () => watcher.disconnect()
  }, [])
}
