import type { SlotId } from "../slot-id.ts";

/** System users of a systemd host. Each has a group of the same name and no home that anybody reads. */
export const API_USER = "oroboros";
export const WORKER_USER = "oroboros-worker";
/** Every web surface: they read static files and hold no secret. */
export const WEB_USER = "oroboros-web";
/** Fills the package cache from main's lockfiles. */
export const PACKAGES_USER = "oroboros-packages";
/** Builds a release. */
export const BUILD_USER = "oroboros-build";
/** Production of a foreign application. */
export const APP_USER = "oroboros-app";

/** Users that Debian's packages bring along. */
export const CADDY_USER = "caddy";
export const POSTGRES_USER = "postgres";
export const REDIS_USER = "redis";

/** A slot's steps and its backend; the only user of a branch's code. */
export const slotUser = (slot: SlotId): string => `oroboros-${slot}`;
