// Parses every Mermaid block of the pages below a folder; prints how many there are. NODE is a folder
// with the packages mermaid and jsdom.
import { createRequire } from "node:module";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.NODE, "package.json"));
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("<!DOCTYPE html>");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await import(pathToFileURL(require.resolve("mermaid")).href)).default;

function* pages(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* pages(path);
    else if (name.endsWith(".md")) yield path;
  }
}

let count = 0;
for (const page of pages(process.argv[2])) {
  for (const [, diagram] of readFileSync(page, "utf8").matchAll(/```mermaid\n([^]*?)```/g)) {
    try {
      await mermaid.parse(diagram);
      count += 1;
    } catch (error) {
      console.error(`${page}: ${error.message ?? error}`);
      process.exit(1);
    }
  }
}
console.log(count);
