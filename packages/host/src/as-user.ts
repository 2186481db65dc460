export type User = Readonly<{ uid: number; gid: number }>;

const DROP_EVERYTHING = ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"] as const;

/**
 * The argv that runs `argv` as another user with no capability left. `spawn({ uid })` is not enough: it keeps ambient
 * capabilities, with which a child becomes root again (capabilities(7)).
 *
 * The process is killed when whoever started it dies. Where the starter is not root it has no other user to become, so only
 * the two settings that need no privilege remain.
 */
export function asUser(
  user: User,
  argv: readonly string[],
  self: number | undefined = process.geteuid?.(),
): [string, ...string[]] {
  const switchUser =
    self === 0 ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", ...DROP_EVERYTHING] : [];
  return ["setpriv", ...switchUser, "--no-new-privs", "--pdeathsig=KILL", "--", ...argv];
}
