export { systemdClient } from "./systemd-client.ts";
export { unitPackageCache } from "./unit-package-cache.ts";
export { writeJob } from "./write-job.ts";
