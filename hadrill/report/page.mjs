// Makes index.html with Allure: loads it at once, while checks still run, and begins when a line of JSON says so.
// Usage: node page.mjs PATH/TO/allure/cli.js, then on standard input {"config": FILE, "results": FOLDER}.
// Standard input that ends without a line is a run that needs no page.
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const asked = lines.next();

const from = createRequire(realpathSync(process.argv[2]));
const { AllureReport, readConfig, resolveConfig } = await import(pathToFileURL(from.resolve("@allurereport/core")));
// Loads the plugin that draws.
await resolveConfig({ plugins: { awesome: { options: {} } } });

const { value, done } = await asked;
if (!done) {
  const { config, results } = JSON.parse(value);
  const report = new AllureReport(await readConfig(process.cwd(), config));
  await report.restoreState([]);
  await report.start();
  await report.readDirectory(results);
  await report.done();
}
process.exit(0);
