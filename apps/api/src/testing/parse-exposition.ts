export interface ParsedMetric {
  help: string;
  type: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const HEAD = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [""],
  counter: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"],
};

/** Reads Prometheus' text format 0.0.4 as strictly as its description; throws for whatever is not of it. */
export function parseExposition(text: string): Map<string, ParsedMetric> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const metrics = new Map<string, ParsedMetric>();
  let current: [string, ParsedMetric] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = HEAD.exec(line) ?? [];
    if (kind === "HELP") {
      if (metrics.has(name)) throw new Error(`${name} comes twice`);
      current = [name, { help: rest, type: "untyped", samples: [] }];
      metrics.set(...current);
    } else if (current === undefined) throw new Error(`${line} belongs to no metric`);
    else if (kind === "TYPE" && name === current[0]) current[1].type = rest;
    else current[1].samples.push(sampleOf(line, current));
  }
  return metrics;
}

function sampleOf(line: string, [metric, { type, samples }]: [string, ParsedMetric]): ParsedMetric["samples"][number] {
  const [, name = "", labelText = "", value = ""] = SAMPLE.exec(line) ?? [];
  const isKnown = (SUFFIXES[type] ?? []).some((suffix) => name === metric + suffix);
  if (!isKnown) throw new Error(`${line} is no sample of the ${type} ${metric}`);
  const labels = labelsOf(labelText);
  const isTaken = samples.some((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels));
  if (isTaken) throw new Error(`${line} comes twice`);
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(LABEL)];
  if (pairs.map(([all]) => all).join("") !== text) throw new Error(`{${text}} are no labels`);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}
