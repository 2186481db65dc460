/** A line of a Caddyfile, with the lines of its block. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Directive[];
}

export interface Site {
  /** Without a host it answers whoever is named by no other site. */
  readonly address: { readonly scheme: "http" | "https"; readonly host: string; readonly port: number };
  readonly block: readonly Directive[];
}

export interface Caddyfile {
  readonly options: readonly Directive[];
  readonly sites: readonly Site[];
}

export function directive(name: string, args: readonly string[] = [], block: readonly Directive[] = []): Directive {
  return { name, args, block };
}
