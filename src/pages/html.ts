const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Markup that is one. Everything else is text, and is encoded where it meets markup. */
export class Html {
  constructor(readonly markup: string) {}
}

/** Text, element content or a quoted attribute alike: names and reasons come from people (W-01). */
export function html(strings: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  const parts = values.map((value, i) => `${encoded(value)}${strings[i + 1] ?? ''}`)
  return new Html(`${strings[0] ?? ''}${parts.join('')}`)
}

function encoded(value: string | Html): string {
  return value instanceof Html ? value.markup : value.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)
}

/** Data for a page's script. No text in it can end the element that it stands in. */
export function dataBlock(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return html`<script type="application/json" id="${id}">
    ${new Html(json)}
  </script>`
}
