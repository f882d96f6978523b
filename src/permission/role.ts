/** What a person may do with a file or container; each role includes the ones before it. */
export const ROLES = ['viewer', 'editor', 'owner'] as const
export type Role = (typeof ROLES)[number]

/** 0 is no right at all; the database's function `role_rank` gives the same numbers. */
export type Rank = 0 | 1 | 2 | 3

export const RANK = { viewer: 1, editor: 2, owner: 3 } as const satisfies Record<Role, Rank>

/** Does the role, if there is one, include `need`? */
export function isAtLeast(role: Role | undefined, need: Role): boolean {
  return role !== undefined && RANK[role] >= RANK[need]
}

export function roleOf(rank: number): Role | undefined {
  return ROLES[rank - 1]
}
