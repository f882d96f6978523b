import { Refusal } from './refusal.js'

const longest = 2048

/**
 * Which document a page is asked to open. Only the hosts that the operator named are ever called: anybody can post to
 * the page, and would make it fetch whatever it can reach otherwise.
 */
export function wopiSrcIn({ searchParams }: URL, hosts: ReadonlySet<string>): string {
  const [, given = ''] = [...searchParams].find(([name]) => name.toLowerCase() === 'wopisrc') ?? []
  if (given === '') throw new Refusal(400, 'The address names no WOPISrc.')
  if (given.length > longest || !URL.canParse(given)) throw new Refusal(400, 'The WOPISrc is no address.')
  const { origin, pathname, href } = new URL(given)
  if (!hosts.has(origin))
    throw new Refusal(400, `This editor opens no documents of ${origin}: start it with that host.`)
  if (href !== origin + pathname || !/\/wopi\/files\/[^/]+$/.test(pathname))
    throw new Refusal(400, 'The WOPISrc is not the address of a file.')
  return given
}
