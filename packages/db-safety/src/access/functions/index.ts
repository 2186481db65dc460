import type { AccessFunction } from "../access-function.ts";
import { capDatabase, databaseBytes } from "./cap-database.ts";
import { closeDatabase } from "./close-database.ts";
import { discardKept, markDiscarded } from "./discard-kept.ts";
import { dropLogins } from "./drop-logins.ts";
import { endOffenders } from "./end-offenders.ts";
import { endSession, endSessions } from "./end-sessions.ts";
import { findLive } from "./find-live.ts";
import { holdGrant } from "./hold-grant.ts";
import { lendLive, takeBackLive } from "./lend-live.ts";
import { lockOut } from "./lock-out.ts";
import { openDatabase } from "./open-database.ts";
import { retire } from "./retire.ts";
import { prepareLogin, rotateLogin } from "./rotate-login.ts";
import { swapBack } from "./swap-back.ts";
import { swapIn } from "./swap-in.ts";

/** In the order in which they can be created. */
export const ACCESS_FUNCTIONS: readonly AccessFunction[] = [
  holdGrant,
  closeDatabase,
  findLive,
  openDatabase,
  retire,
  markDiscarded,
  prepareLogin,
  rotateLogin,
  lockOut,
  endSessions,
  endSession,
  endOffenders,
  databaseBytes,
  capDatabase,
  dropLogins,
  swapIn,
  swapBack,
  discardKept,
  lendLive,
  takeBackLive,
];
