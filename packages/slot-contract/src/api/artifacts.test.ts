import { expect, test } from "vitest";
import { artifactUri, parseArtifactUri } from "./artifacts.ts";

const RUN = "2f1c6a54-5d0a-4c8e-9f39-6e2f2b2b9f10";

test("an artifact uri reads back as its run and file", () => {
  expect(parseArtifactUri(artifactUri(RUN, "preview.publish.log"))).toEqual({
    runId: RUN,
    file: "preview.publish.log",
  });
});

test.each([
  `artifact:${RUN}/../secret`,
  `artifact:${RUN}/a..b`,
  `artifact:${RUN}/.hidden`,
  `artifact:${RUN}/a/b`,
  `artifact:${RUN}/a%2fb`,
  `artifact:${RUN}/a\n`,
  `artifact:${RUN}/`,
  `artifact:${RUN}`,
  "artifact:../../../../../../../../../../etc/x/passwd",
  `file:${RUN}/a.log`,
  `/${RUN}/a.log`,
  "",
])("%j is no artifact uri", (uri) => {
  expect(parseArtifactUri(uri)).toBeUndefined();
});
