import { execFileSync } from "node:child_process";
import { canMount, eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { withCaddy } from "./testing/caddy.ts";

const publicTls = { email: "operator@example.com" };
/** The ports of the internet, in a network that has no machine but this one. */
const wrap = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

/** Certificates of Caddy's own authority, and none of it is put among those that this machine trusts. */
const withoutAuthority = (text: string): string =>
  text.replace(`\temail ${publicTls.email}\n`, "\tlocal_certs\n\tskip_install_trust\n");

const hasCertificate = (log: string, host: string): boolean =>
  log.split("\n").some((line) => line.includes("certificate obtained successfully") && line.includes(`"${host}"`));

test.skipIf(!canMount)("a public host is served with a certificate, redirected to it, and no other host is known", () =>
  withCaddy(
    { slotCount: 1, publicTls },
    async ({ pid, log }) => {
      // Caddy serves before it has the certificates.
      await eventually(() => hasCertificate(log(), "app.example.com"), { deadlineMs: 60_000 });
      const curl = (...args: string[]): string => {
        const nsenter = ["--target", String(pid), "--net", "curl", "--silent", "--insecure", "--max-time", "30"];
        return execFileSync(
          "nsenter",
          [...nsenter, "--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}", ...args],
          {
            encoding: "utf8",
          },
        ).trim();
      };
      const at = (host: string, port: number): string[] => ["--resolve", `${host}:${port}:127.0.0.1`];
      expect(curl("http://127.0.0.1/", "--header", "Host: app.example.com")).toBe("308 https://app.example.com/");
      for (const host of ["evil.example", "127.0.0.1", "worker.example.com"])
        expect([host, curl("http://127.0.0.1/", "--header", `Host: ${host}`)]).toEqual([host, "404"]);
      // Nobody listens there: the route is taken, held, and given up.
      expect(curl(...at("app.example.com", 443), "https://app.example.com/")).toBe("502");
      expect(curl(...at("app.example.com", 443), "https://app.example.com/", "--header", "Host: evil.example")).toBe(
        "404",
      );
      expect(curl("http://127.0.0.1:8088/", "--header", "Host: evil.example")).toBe("404");
    },
    { change: withoutAuthority, wrap },
  ),
);
