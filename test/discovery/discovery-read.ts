import type { Tandem } from '../kit/tandem.js'
import { until } from '../reliability/until.js'

/** Waits until the server has read the discovery document of each of its editors, once. */
export async function discoveryRead(tandem: Tandem): Promise<void> {
  const ada = await tandem.person('ada', 'auditor')
  await until('discovery is read', async () => {
    const { items } = (await ada.calls('GET', '/admin/editors')).json<{
      items: { lastSuccessAt: string | null }[]
    }>()
    return items.every(({ lastSuccessAt }) => lastSuccessAt !== null)
  })
}
