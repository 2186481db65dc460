import { describeFailure, healthy, unhealthy, type Probe, type ProbeAnswer } from "./probe.ts";

const MAX_BODY_BYTES = 65_536;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** At most the first 64 KiB. */
  readonly body: string;
}

/**
 * Asks a URL and is content with any 2xx answer, or any that `accepts` lets pass, that `judge` has nothing against.
 *
 * A redirect is never followed: the process behind the URL is not trusted to choose what is asked next.
 *
 * @param probe.judge says what is wrong with the answer, or undefined where nothing is.
 */
export function httpProbe(probe: {
  name: string;
  url: string;
  fetch: typeof fetch;
  accepts?: (status: number) => boolean;
  judge?: (answer: HttpAnswer) => string | undefined;
}): Probe {
  const check = async (signal: AbortSignal): Promise<ProbeAnswer> => {
    try {
      const response = await probe.fetch(probe.url, { redirect: "manual", signal });
      const answer = { status: response.status, headers: response.headers, body: await readStart(response) };
      const objection = objectionTo(answer, probe.accepts ?? isSuccess) ?? probe.judge?.(answer);
      return objection === undefined
        ? healthy(`${probe.url} answered ${answer.status}`)
        : unhealthy(`${probe.url} ${objection}`);
    } catch (error) {
      return unhealthy(`${probe.url} did not answer: ${describeFailure(error)}`);
    }
  };
  return { name: probe.name, check };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function objectionTo(answer: HttpAnswer, accepts: (status: number) => boolean): string | undefined {
  const isRedirect = answer.status >= 300 && answer.status < 400;
  if (!isRedirect) return accepts(answer.status) ? undefined : `answered ${answer.status}`;
  const location = answer.headers.get("location");
  return `answered ${answer.status}${location === null ? "" : ` to ${location}`}; redirects are not followed`;
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk.subarray(0, MAX_BODY_BYTES - bytes);
    bytes += part.byteLength;
    text += decoder.decode(part, { stream: true });
    if (bytes === MAX_BODY_BYTES) break;
  }
  return text + decoder.decode();
}
