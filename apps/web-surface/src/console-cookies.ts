/** Browsers take the prefix in any case (RFC 6265bis section 4.1.3). */
const IS_CONSOLES = /^\s*__Host-oroboros/i;

/**
 * A raw header list without the console's cookies, whose value is a token. Cookies know no ports: on a host that the console and a
 * preview share, the browser sends them to both, and either may set them.
 */
export function withoutConsoleCookies(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = passedOn(name.toLowerCase(), raw[index + 1] ?? "");
    if (value !== undefined) kept.push(name, value);
  }
  return kept;
}

function passedOn(lowerCaseName: string, value: string): string | undefined {
  if (lowerCaseName === "set-cookie") return IS_CONSOLES.test(value) ? undefined : value;
  if (lowerCaseName !== "cookie") return value;
  const pairs = value.split(";");
  const kept = pairs.filter((pair) => !IS_CONSOLES.test(pair));
  if (kept.length === pairs.length) return value;
  return kept.length === 0 ? undefined : kept.join(";").trimStart();
}
