import type { Admission } from '../editor-session.js'
import type { Person } from '../participant.js'
import type { NativeContext } from './native-context.js'
import { NativeEditor } from './native-editor.js'

/** All who edit one document with desktop Office: they meet at the host, and nowhere else. */
export class NativeParty {
  readonly #editors = new Map<Person, NativeEditor>()

  constructor(private readonly context: NativeContext) {}

  has(person: Person): boolean {
    return this.#editors.get(person)?.isOpen === true
  }

  join(person: Person): Promise<Admission> {
    const editor = new NativeEditor(this.context, person)
    this.#editors.set(person, editor)
    return editor.open()
  }

  type(person: Person, text: string): boolean {
    return this.#editors.get(person)?.type(text) ?? false
  }

  async leave(person: Person): Promise<void> {
    await this.#editors.get(person)?.leave()
  }
}
