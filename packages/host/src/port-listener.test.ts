import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { portListener, programName } from "./port-listener.ts";

test.each([
  ["/usr/bin/python3 -m http.server --password hunter2", "python3"],
  ["nginx: master process /usr/sbin/nginx", "nginx:"],
  ["\u001B[2J\u001B]0;title\u0007evil\u009B31m", "evil"],
  ["one\nPort 8000 is free now", "one"],
  ["/usr/bin/\u001B[8mhidden\u0007", "hidden"],
  [`/${"x".repeat(500)}`, "x".repeat(64)],
  ["😀".repeat(70), "😀".repeat(64)],
  ["", "a process"],
  ["/\u0007", "a process"],
])("of %j only the program's name is told", (commandLine, name) => {
  expect(programName(commandLine)).toBe(name);
});

test("whoever listens says nothing else than a name, however it calls itself", async () => {
  const script = `require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
  const argv0 = "\u001B[31m/opt/evil\u001B]52;c;cm0=\u0007\nPort";
  const squatter = spawn(process.execPath, ["-e", script, "--", "hunter2"], {
    argv0,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void squatter.kill());
  const [line] = (await once(squatter.stdout, "data")) as [Buffer];
  expect(portListener(Number(line))).toEqual({ uid: process.geteuid?.(), pid: squatter.pid, command: "evil" });
});
