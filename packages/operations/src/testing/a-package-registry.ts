import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runCommand } from "@oroboros/host";
import { withTempDir } from "@oroboros/test-support";

export const PACKAGE_CONTENT = "module.exports = 'as published';\n";
const NAMES = ["tiny", "other"] as const;
type Name = (typeof NAMES)[number];

/** A server with two packages, and the files of applications that need one of them. */
export interface PackageRegistry {
  /** What pnpm reads of an application that needs the package. */
  files(name: Name): Record<string, string>;
  /** The same as both parts of an application. */
  parts(name: Name): Record<string, string>;
  /** How often anything was fetched. */
  requests(): number;
  close(): void;
}

export async function aPackageRegistry(): Promise<PackageRegistry> {
  const archives = new Map(await Promise.all(NAMES.map(async (name) => [name, await pack(name)] as const)));
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const name = NAMES.find((each) => request.url === `/${each}.tgz`);
    response.writeHead(name === undefined ? 404 : 200).end(name === undefined ? "" : archives.get(name));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const files = (name: Name): Record<string, string> => {
    const url = `http://127.0.0.1:${port}/${name}.tgz`;
    return {
      "package.json": JSON.stringify({ name: "app", private: true, dependencies: { [name]: url } }),
      "pnpm-workspace.yaml": "packages: []\n",
      "pnpm-lock.yaml": lockfile(name, url, archives.get(name) ?? Buffer.alloc(0)),
    };
  };
  const below = (part: string, name: Name): [string, string][] =>
    Object.entries(files(name)).map(([file, text]) => [`${part}/${file}`, text]);
  return {
    files,
    parts: (name) => Object.fromEntries([...below("frontend", name), ...below("backend", name)]),
    requests: () => requests,
    close: () => void server.close(),
  };
}

function pack(name: Name): Promise<Buffer> {
  return withTempDir(async (directory) => {
    await mkdir(`${directory}/package`);
    await writeFile(`${directory}/package/index.js`, PACKAGE_CONTENT);
    await writeFile(`${directory}/package/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    const env = { PATH: "/usr/bin:/bin" };
    await runCommand({ argv: ["tar", "-czf", "package.tgz", "package"], cwd: directory, env, timeoutMs: 60_000 });
    return readFile(`${directory}/package.tgz`);
  });
}

function lockfile(name: Name, url: string, archive: Buffer): string {
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  return `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    dependencies:
      ${name}:
        specifier: ${url}
        version: ${url}

packages:

  ${name}@${url}:
    resolution: {integrity: ${integrity}, tarball: ${url}}
    version: 1.0.0

snapshots:

  ${name}@${url}: {}
`;
}
