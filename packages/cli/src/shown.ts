const MAX_SHOWN = 80;
const TOKEN_TEXT = /oro_[A-Za-z0-9_-]+/g;
const URL_CREDENTIALS = /\/\/[^/\s"']*@/g;

/** Text without what could be a secret in the wrong place: an API token's text, or who signs in to a server of a URL. */
export const withoutSecrets = (text: string): string =>
  text.replace(TOKEN_TEXT, "oro_…").replace(URL_CREDENTIALS, "//…@");

/** What somebody has typed, as a message repeats it. */
export const shown = (text: string): string => JSON.stringify(withoutSecrets(text).slice(0, MAX_SHOWN));
