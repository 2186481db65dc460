import type { Metric, Sample } from "./exposition.ts";

/** A request that was answered. */
export interface AnsweredRequest {
  method: string;
  /** The route's template, never the path that was asked for: a path has ids in it. */
  route: string;
  status: number;
  ms: number;
}

export interface RequestTally {
  count(request: AnsweredRequest): void;
  metrics(): Metric[];
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"];

/** What this process has answered since it started; as many series as there are routes, methods and statuses. */
export function tallyRequests(): RequestTally {
  const answered = new Map<string, { labels: Record<string, string>; count: number }>();
  const times = new Map<string, { labels: Record<string, string>; count: number; seconds: number }>();
  return {
    count: ({ method: asked, route, status, ms }) => {
      const method = METHODS.includes(asked) ? asked : "other";
      const labels = { method, route, status: String(status) };
      const key = JSON.stringify(labels);
      answered.set(key, { labels, count: (answered.get(key)?.count ?? 0) + 1 });
      const time = times.get(route) ?? { labels: { route }, count: 0, seconds: 0 };
      times.set(route, { ...time, count: time.count + 1, seconds: time.seconds + ms / 1_000 });
    },
    metrics: () => [
      {
        name: "oroboros_http_requests_total",
        help: "Requests answered since the api started.",
        type: "counter",
        samples: [...answered.values()].map(({ labels, count: value }) => ({ labels, value })),
      },
      {
        name: "oroboros_http_request_duration_seconds",
        help: "Time until an answer began.",
        type: "summary",
        samples: [...times.values()].flatMap(({ labels, count, seconds }): Sample[] => [
          { suffix: "_sum", labels, value: seconds },
          { suffix: "_count", labels, value: count },
        ]),
      },
    ],
  };
}
