import type { Type } from '@nestjs/common'
import type { ModuleRef } from '@nestjs/core'

/** Operations by the word in the request that means them. */
export type OperationTable<T> = Readonly<Record<string, Type<T>>>

/** The same with what the module provides. A Map, since the word comes from outside: `constructor` is in every object. */
export function provided<T>(module: ModuleRef, table: OperationTable<T>): ReadonlyMap<string, T> {
  return new Map(Object.entries(table).map(([word, operation]) => [word, module.get(operation)]))
}
