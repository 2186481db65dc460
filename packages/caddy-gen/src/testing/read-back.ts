import { directive } from "../directive.ts";
import { serializeCaddyfile } from "../serialize.ts";
import { adapt } from "./caddy.ts";

interface Matched {
  match?: { host: string[] }[];
  handle: Handler[];
}
interface Handler {
  handler: string;
  routes?: Matched[];
  upstreams?: { dial: string }[];
  response?: { set: Record<string, [string]> };
}
interface Adapted {
  admin?: { listen: string; origins: string[] };
  apps: {
    http: { servers: Record<string, { listen: string[]; routes: Matched[] }> };
    tls?: { automation: { policies: { issuers: { email: string }[] }[] } };
  };
}

/** What Caddy makes of texts as arguments, in their order. */
export async function readBack(texts: readonly string[]): Promise<string[]> {
  const header = directive(
    "header",
    [],
    texts.map((text, index) => directive(`X-${index}`, [text])),
  );
  const sites = [{ address: { scheme: "http", host: "a", port: 8088 } as const, block: [header] }];
  const adapted = (await adapt(serializeCaddyfile({ options: [], sites }))) as Adapted;
  const set = flatten(adapted).find(({ handler }) => handler === "headers")?.response?.set ?? {};
  return texts.map((_, index) => set[`X-${index}`]?.[0] as string);
}

/** Where each host leads to, by the listener that it is behind: `127.0.0.1:8088 app.example.com` and `127.0.0.1:3100`. */
export async function routesOf(text: string): Promise<Record<string, string>> {
  const { servers } = ((await adapt(text)) as Adapted).apps.http;
  const routes = Object.values(servers).flatMap(({ listen, routes }) =>
    routes.map(({ match, handle }): [string, string] => [
      `${listen.join(" ")} ${match?.[0]?.host.join(" ") ?? "*"}`,
      handlersOf(handle)
        .flatMap(({ upstreams }) => upstreams?.map(({ dial }) => dial) ?? [])
        .join(" ") || "404",
    ]),
  );
  return Object.fromEntries(routes);
}

/** The global options that carry a contract's values. */
export async function readOptions(text: string): Promise<object> {
  const { admin, apps } = (await adapt(text)) as Adapted;
  const issuers = apps.tls?.automation.policies.flatMap((policy) => policy.issuers) ?? [];
  return { ...admin, emails: [...new Set(issuers.map(({ email }) => email))] };
}

const flatten = ({ apps }: Adapted): Handler[] =>
  Object.values(apps.http.servers).flatMap(({ routes }) => routes.flatMap(({ handle }) => handlersOf(handle)));

const handlersOf = (handlers: readonly Handler[]): Handler[] =>
  handlers.flatMap((one) => [one, ...(one.routes ?? []).flatMap(({ handle }) => handlersOf(handle))]);
