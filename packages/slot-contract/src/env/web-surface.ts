import * as z from "zod";
import { installationVariables } from "./installation.ts";
import { pathVariable, portVariable } from "./variables.ts";

/** `web-preview<n>.env`. */
export const webSurfaceEnvironmentSchema = z.object({
  ...installationVariables,
  WEB_ROOT: pathVariable,
  WEB_PORT: portVariable,
  WEB_API_PROXY_TARGET: z.string().regex(/^http:\/\/127\.0\.0\.1:[1-9][0-9]{0,4}$/, "must be http://127.0.0.1:<port>"),
});
export type WebSurfaceEnvironment = z.output<typeof webSurfaceEnvironmentSchema>;
