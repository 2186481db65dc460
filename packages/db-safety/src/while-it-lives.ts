import { sql } from "kysely";
import type { Session } from "./session.ts";

/** Longer than the server lets a transaction of the control database pause, for which a swap may have to wait. */
const PAUSE_SECONDS = 12;
const SIGN_OF_LIFE_MS = 3_000;

/** A session that holds a lock for as long as its process gives signs of life. */
export type HoldingSession = Session & {
  /** Gives none from here on: what follows is quick, or the process hangs. */
  holdBriefly(): void;
};

/**
 * Lets the server end the session, and with it its locks, once nothing was heard from its process for a while. The session itself may
 * have nothing to do for minutes, while another one applies main's seed for it.
 */
export async function whileItLives(owner: Session): Promise<HoldingSession> {
  await owner.run(sql`set idle_session_timeout = ${sql.lit(`${PAUSE_SECONDS}s`)}`);
  let isAsked = false;
  const timer = setInterval(() => {
    if (isAsked) return;
    isAsked = true;
    void owner
      .run(sql`select`)
      .catch(() => undefined)
      .finally(() => (isAsked = false));
  }, SIGN_OF_LIFE_MS);
  timer.unref();
  return {
    ...owner,
    holdBriefly: () => clearInterval(timer),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await owner[Symbol.asyncDispose]();
    },
  };
}
