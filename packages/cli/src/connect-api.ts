import { OperatorError } from "@oroboros/slot-contract";
import { createApiClient, type ApiClient } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { notInstalled, readInstallationFile } from "./installation.ts";
import { outlastLocks } from "./outlast-locks.ts";

/**
 * The api of the installation, from `cli.env`; OROBOROS_API_URL and OROBOROS_TOKEN in the environment win.
 *
 * @throws OperatorError `not_installed`, `not_authenticated`, `invalid_environment`, `path_refused`.
 */
export async function connectApi(context: CommandContext): Promise<ApiClient> {
  const { environment } = context.world;
  const fetch = outlastLocks(context.world);
  const { OROBOROS_API_URL: ownUrl, OROBOROS_TOKEN: ownToken } = environment;
  if (ownUrl !== undefined && ownToken !== undefined)
    return createApiClient({ baseUrl: ownUrl, token: ownToken, fetch });
  const { path, variables } = await readInstallationFile(context, "cli.env");
  if (variables === undefined) throw notInstalled(path);
  const baseUrl = ownUrl ?? variables["OROBOROS_API_URL"];
  const token = ownToken ?? variables["OROBOROS_TOKEN"];
  if (baseUrl === undefined) {
    throw new OperatorError("invalid_environment", `${path} does not set OROBOROS_API_URL.`, {
      hint: "Add it, or set it in the environment.",
    });
  }
  if (token === undefined) {
    throw new OperatorError("not_authenticated", `${path} does not set OROBOROS_TOKEN.`, {
      hint: "Make a token with: oroboros token create --role operator --label me",
    });
  }
  return createApiClient({ baseUrl, token, fetch });
}
