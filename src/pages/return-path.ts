const PAGE = /^\/(?:(?:edit|view)\/[\w-]{1,64}(?:\?[\w.%=&+-]{1,1500})?)?$/

/**
 * Where a person may be sent on to, below Tandem's own address: one of its pages and nothing else, so that no link to us
 * leads anywhere else (W-07). Compared as text: nothing is parsed that a browser could parse differently.
 */
export function returnPath(wanted: unknown): string {
  return typeof wanted === 'string' && PAGE.test(wanted) ? wanted : '/'
}
