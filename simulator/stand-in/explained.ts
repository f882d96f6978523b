const meanings: Readonly<Record<string, string>> = {
  401: 'The host does not take the access token: it has ended, or was revoked.',
  403: 'The host does not allow it.',
  404: 'The host knows no such document, or you have no right to it.',
  409: 'Somebody else has locked the document, or has changed it.',
  413: 'The document is larger than the host takes.',
  500: 'The host failed, or it takes no proof of this editor: does its EDITORS name this one?',
}

/** What a failed call means to the person in front of the page, with the call itself for whoever looks into it. */
export function explained(why: string): string {
  const [, status = ''] = /answered (\d{3})/.exec(why) ?? []
  const meaning =
    meanings[status] ?? (why.includes('got no answer') ? 'The host cannot be reached.' : undefined)
  return meaning === undefined ? why : `${meaning} (${why})`
}
