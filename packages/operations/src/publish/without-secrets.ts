const REDACTED = "[redacted]";

export interface Redaction {
  /** What of the chunk can be shown by now. */
  next(chunk: string): string;
  /** What was held back until the end. */
  rest(): string;
}

/**
 * Takes secrets out of a text that arrives in pieces, also where one lies across two of them. It is there for what a program prints by
 * accident: one that means to tell its own secret writes it in another way.
 */
export function withoutSecrets(secrets: readonly string[]): Redaction {
  let held = "";
  const shown = (): string => secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), held);
  return {
    next: (chunk) => {
      held += chunk;
      const text = shown();
      const keep = Math.max(0, ...secrets.map((secret) => beginningAtEnd(text, secret)));
      held = text.slice(text.length - keep);
      return text.slice(0, text.length - keep);
    },
    rest: () => {
      const text = shown();
      held = "";
      return text;
    },
  };
}

/** How many of a text's last characters may be the first ones of the secret. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length - 1); length > 0; length -= 1) {
    if (secret.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
