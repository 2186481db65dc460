export { systemdClient } from "./systemd-client.ts";
export { unitPackageCache } from "./unit-package-cache.ts";
