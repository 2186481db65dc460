import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { bootBox } from "./boot-box.ts";

const UNIT = "[Service]\nType=oneshot\nExecStart=/bin/echo hello from the box\n";

test("a box is a systemd that runs the units it was given, with a network of its own and nothing enabled", async () => {
  await using box = await bootBox({ network: "none", files: { "/etc/systemd/system/hello.service": UNIT } });
  await box.systemctl("start", "hello.service");
  expect(await box.journal("hello.service")).toContain("hello from the box");
  expect((await box.must(["ip", "-brief", "link"])).trim().split("\n")).toHaveLength(1);
  expect(await box.must(["systemctl", "list-units", "--failed", "--plain", "--no-legend"])).toBe("");
  expect(await box.must(["ls", "/tmp"])).not.toContain("oroboros");
});

test("a command in a box reports how it ended, as whom it ran, and what it was given", async () => {
  await using box = await bootBox({ network: "none" });
  await box.write("/etc/oroboros/a.env", "A=1\n", 0o600, "caddy");
  expect(await box.must(["stat", "-c", "%a %U", "/etc/oroboros/a.env"])).toBe("600 caddy\n");
  expect(
    await box.run(["sh", "-c", "cat; id -un; echo $X; exit 7"], { user: "caddy", input: "in ", env: { X: "y" } }),
  ).toEqual({
    exitCode: 7,
    stdout: "in caddy\ny\n",
    stderr: "",
  });
  await expect(box.must(["cat", "/etc/oroboros/a.env"], { user: "redis" })).rejects.toThrow("Permission denied");
  expect((await box.run(["sh", "-c", "kill -TERM $$"])).exitCode).toBe(143);
  await expect(box.run(["sleep", "60"], { timeoutMs: 100 })).rejects.toThrow("did not end by itself");
});

test("a shell in a box reads no settings of this machine's root", async () => {
  await using box = await bootBox({ network: "none", files: { "/root/.bashrc": "exit 7\n" } });
  expect(await box.run(["bash", "-c", "true"])).toMatchObject({ exitCode: 0 });
});

test("several boxes run Debian's services at once, each its own", { timeout: 60_000 }, async () => {
  const services = ["postgresql", "redis-server", "caddy", "nftables"] as const;
  await using first = await bootBox({ network: "none", services });
  await using second = await bootBox({ network: "none", services: ["caddy"], cgroups: "v2" });
  expect(await first.must(["pg_isready"])).toContain("accepting connections");
  expect(await first.must(["redis-cli", "ping"])).toBe("PONG\n");
  for (const box of [first, second]) {
    const { status, headers } = await eventually(() => box.fetch("http://127.0.0.1/"), { deadlineMs: 60_000 });
    expect([status, headers.get("server")]).toEqual([200, "Caddy"]);
  }
  expect(await first.systemctl("is-active", "nftables")).toBe("active\n");
});

test("a box on the machine's network cannot change the machine's packet rules", async () => {
  await using box = await bootBox({ network: "host" });
  expect((await box.run(["nft", "list", "ruleset"])).exitCode).toBe(1);
});

test("places of the machine are seen in a box, and written only where that was asked for", async () => {
  const here = import.meta.dirname;
  await using box = await bootBox({ network: "none", binds: [{ from: here }, { from: here, to: "/srv/there" }] });
  expect(await box.must(["ls", "/srv/there"])).toContain("box.sh");
  expect((await box.run(["touch", join(here, "x")])).stderr).toContain("Read-only");
});

test.each(["auto", "v2"] as const)(
  "a box boots on a machine with a systemd and an overlay of its own (control groups %s)",
  async (cgroups) => {
    await using machine = await bootBox({ network: "none", cgroups });
    const program = `
    const { bootBox } = await import(${JSON.stringify(join(import.meta.dirname, "boot-box.ts"))});
    const box = await bootBox({ network: "none" });
    console.log(await box.must(["systemctl", "is-system-running"]));
    await box.stop();`;
    await machine.must(["mkdir", "/root/tmp"]);
    const nested = ["--input-type=module", "--eval", program];
    expect(await machine.must([process.execPath, ...nested], { env: { TMPDIR: "/root/tmp" } })).toContain("running");
    expect(await machine.must(["ls", "/root/tmp"])).toBe("");
  },
);

test.each(["dispose", "SIGKILL"] as const)("a box leaves nothing behind when its parent ends by %s", async (end) => {
  const program = `
    const { bootBox } = await import(${JSON.stringify(join(import.meta.dirname, "boot-box.ts"))});
    const box = await bootBox({ network: "none" });
    console.log(box.pid + " " + box.directory);
    process.stdin.resume().once("end", () => box.stop());`;
  const parent = spawn(process.execPath, ["--experimental-strip-types", "--input-type=module", "-e", program]);
  const [said] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const [pid = "", directory = ""] = said.split(" ");
  expect(existsSync(directory)).toBe(true);
  if (end === "SIGKILL") parent.kill("SIGKILL");
  else parent.stdin.end();
  await once(parent, "exit");
  await eventually(() => remains(pid, directory).length === 0, { deadlineMs: 60_000 });
});

test("what a killed keeper leaves is removed by the next box", async () => {
  const box = await bootBox({ network: "none" });
  process.kill(box.keeperPid, "SIGKILL");
  await eventually(() => !existsSync(`/proc/${box.pid}`), { deadlineMs: 60_000 });
  execFileSync("touch", ["--date=-1 hour", box.directory]);
  await using _next = await bootBox({ network: "none" });
  // Another one, of a file that runs beside this one, may be at it already.
  await eventually(() => remains(String(box.pid), box.directory).length === 0, { deadlineMs: 60_000 });
});

function remains(pid: string, directory: string): string[] {
  const name = directory.slice(tmpdir().length + 1);
  const groups = readdirSync("/sys/fs/cgroup").map((hierarchy) => join("/sys/fs/cgroup", hierarchy, name));
  return [`/proc/${pid}`, directory, join("/sys/fs/cgroup", name), ...groups].filter((path) => existsSync(path));
}
