// node scripts/count-tests.mjs REPORT FAILED
// Reads vitest's JSON report, prints "passed failed skipped", and adds a few lines to FAILED for each test or file that failed.
import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const LINES_OF_A_MESSAGE = 12;
const [report, failedFile] = process.argv.slice(2);
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(report, "utf8"),
);

for (const { name, message, status, assertionResults } of testResults) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === "failed");
  for (const { fullName, failureMessages } of failed) tell(`${file} > ${fullName}`, failureMessages.join("\n"));
  if (status === "failed" && failed.length === 0) tell(file, message);
}
process.stdout.write(`${numPassedTests} ${numFailedTests} ${numPendingTests + numTodoTests}\n`);

function tell(what, message) {
  const lines = message.split("\n").slice(0, LINES_OF_A_MESSAGE);
  appendFileSync(failedFile, [`FAILED  ${what}`, ...lines.map((line) => `        ${line}`), ""].join("\n"));
}
