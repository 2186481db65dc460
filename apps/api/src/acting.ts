import type { IncomingMessage } from "node:http";
import { asActor, type StoreTransaction } from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host/fault-point";
import type { Role } from "@oroboros/slot-contract";
import type { Context } from "hono";
import type { ApiContext } from "./api-context.ts";
import type { Access } from "./identify.ts";

/** Who is authenticated. */
export interface Principal {
  /** As audit rows and `runs.principal` name it: `token:<token_id>:<label>` or `loopback:uid=<uid>`. */
  name: string;
  label: string;
  role: Role;
  source: "token" | "loopback";
}

/** What the middlewares know of a request. */
export interface ApiEnv {
  Bindings: { incoming?: IncomingMessage };
  Variables: {
    traceId: string;
    access: Access;
    /** Ends when the request was answered without its route, which was too late. */
    givenUp: AbortSignal;
    /** The uid at the other end of the connection, once it was looked up for this request. */
    peerUid: Promise<number | undefined>;
    /** Behind `authenticate` only. */
    principal: Principal;
  };
}

/** Who asks; only behind `authenticate`. */
export function principalOf(c: Context<ApiEnv>): Principal {
  const principal = c.get("principal") as Principal | undefined;
  if (principal === undefined) throw new Error(`${c.req.path} acts for a principal without authenticating one`);
  return principal;
}

/** The request as Node's server received it; undefined where it came through no socket of ours. */
export const incomingOf = (c: Context<ApiEnv>): IncomingMessage | undefined =>
  (c.env as ApiEnv["Bindings"] | undefined)?.incoming;

/** Everything that a request changes, in one transaction whose audit rows name who asked and the request. */
export async function change<T>(
  { store }: Pick<ApiContext, "store">,
  c: Context<ApiEnv>,
  act: (tx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const changed = await asActor(store, { principal: principalOf(c).name, traceId: c.get("traceId") }, async (tx) => {
    const inside = await act(tx);
    await faultPoint("api.before_commit");
    return inside;
  });
  await faultPoint("api.after_commit");
  return changed;
}
