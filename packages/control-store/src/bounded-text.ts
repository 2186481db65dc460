/** As long as the longest text that the api takes. */
const TEXT_LENGTH = 20_000;

/**
 * A text for a table that nothing is ever removed from: its beginning where it is longer than anybody would read. What went wrong with
 * a branch is often told in the branch's own words, and as many as it likes.
 */
export const boundedText = (text: string): string =>
  text.length > TEXT_LENGTH
    ? // Half a character would not be stored.
      `${text.slice(0, TEXT_LENGTH).toWellFormed()}... (${text.length} characters in all)`
    : text;
