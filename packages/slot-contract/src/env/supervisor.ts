import * as z from "zod";
import { installationVariables } from "./installation.ts";

/** What the supervisor of a process-driver installation is started with. */
export const supervisorEnvironmentSchema = z.object(installationVariables);

/** `supervisor.json` in the installation's `/etc/oroboros`: what the supervisor starts besides the slots' processes. */
export const supervisorConfigSchema = z.strictObject({
  services: z.array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9-]{1,64}$/),
      user: z.enum(["postgres", "control", "surface"]),
      argv: z.array(z.string()).min(1),
      env: z.record(z.string(), z.string()),
      cwd: z.string(),
    }),
  ),
  /** Without root there are no users to separate: branches then run as whoever runs the installation. */
  trust_branch: z.boolean(),
  /** `PATH` of the slots' processes. */
  step_path: z.string(),
  /** Registry, proxy and certificate settings for the steps that install packages. */
  step_env: z.record(z.string(), z.string()),
});
export type SupervisorConfig = z.output<typeof supervisorConfigSchema>;
