import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { type Outcome, quantile } from './outcome.js'
import { startOn, type Installation } from './server.js'

const MANY = 4999
const TIMES = 60
const MOST_TIMES = 2

/**
 * "Save as" under a name that a folder has 4,999 times, and under names that it has not, in turns.
 * @param database an administrator's connection
 */
export async function measureNames(installation: Installation, database: Client): Promise<Outcome[]> {
  const running = await startOn(installation)
  try {
    const { rest } = running
    const name = `Numbered ${randomBytes(4).toString('hex')}`
    const id = await rest.createFile(name, 1024)
    const seat = await rest.seat('bench', id, name, 1024)
    await database.query(
      `insert into file (id, container_id, name, name_key, owner_id, version, sequence_number, size, sha256, blob,
         modified_at, modified_by)
       select md5($2 || n), f.container_id, $2 || ' (' || n || ').docx', lower($2) || ' (' || n || ').docx', f.owner_id, 1, 1,
         0, '', '', now(), f.owner_id
       from file f, generate_series(2, ${MANY}) n where f.id = $1`,
      [id, name],
    )
    const url = `http://127.0.0.1:${running.port}${seat.path}?access_token=${seat.token}`
    const saveAs = async (suggested: string): Promise<number> => {
      const began = performance.now()
      const headers = { 'X-WOPI-Override': 'PUT_RELATIVE', 'X-WOPI-SuggestedTarget': suggested }
      const answer = await fetch(url, { method: 'POST', headers, body: 'copy' })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${answer.status} to PutRelativeFile: ${text}`)
      return performance.now() - began
    }
    const [fresh, numbered]: [number[], number[]] = [[], []]
    for (let n = 0; n < TIMES; n++) {
      fresh.push(await saveAs(`Fresh ${name} ${n}.docx`))
      numbered.push(await saveAs(`${name}.docx`))
    }
    const ratio = quantile(numbered, 0.5) / quantile(fresh, 0.5)
    const outcome = (what: string, times: readonly number[]): Outcome => ({
      what: `names: ${what}`,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      goal: '',
      met: true,
    })
    return [
      outcome('PutRelativeFile as the first of a name', fresh),
      outcome(`PutRelativeFile as the ${MANY + 1}th`, numbered),
      {
        what: 'names: times as long',
        p50: ratio,
        p99: quantile(numbered, 0.99) / quantile(fresh, 0.99),
        goal: `≤ ${MOST_TIMES}`,
        met: ratio <= MOST_TIMES,
      },
    ]
  } finally {
    await running.server.stop()
  }
}
