import type { ServerResponse } from "node:http";

/** What monitors ask for does not mean that somebody looks at the preview. */
const HEALTH = ["/health", "/api/health"];

/** Remembers when the surface was last used, from a request's arrival until its answer is over. */
export type Traffic = Readonly<{
  note(path: string, response: ServerResponse): void;
  /** Undefined where nobody has asked for anything since the process began. */
  idleSeconds(): number | undefined;
}>;

export function openTraffic(now: () => number = () => performance.now()): Traffic {
  let lastAt: number | undefined;
  const touch = (): void => {
    lastAt = now();
  };
  return {
    note: (path, response) => {
      if (HEALTH.includes(path)) return;
      touch();
      response.once("close", touch);
    },
    idleSeconds: () => (lastAt === undefined ? undefined : Math.floor((now() - lastAt) / 1_000)),
  };
}
