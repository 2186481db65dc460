import { etag } from "hono/etag";

/**
 * Names what a polled list answers by its content: a client that asks again with `If-None-Match` is told 304, and nothing else, as
 * long as nothing has changed. Weak, because a proxy may compress the answer.
 */
export const etagged = etag({ weak: true });
