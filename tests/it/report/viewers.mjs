// What viewers do with our exports, in their own language. The first argument says which viewer; the
// others are files. NODE is a folder with the packages that a viewer needs.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [viewer, file] = process.argv.slice(2);
const text = readFileSync(file, "utf8");

// Graphviz, compiled for browsers: how many nodes and edges it has laid out.
async function graphviz() {
  const require = createRequire(join(process.env.NODE, "package.json"));
  const { instance } = await import(pathToFileURL(require.resolve("@viz-js/viz")).href);
  const graph = (await instance()).renderJSON(text);
  return { nodes: graph.objects.length, edges: graph.edges.length };
}

// ShiViz goes through a log with the parser's expression, and reads each clock as JSON.
function shiviz() {
  const expression = /^# parser: (.*)$/m.exec(text)[1];
  const events = [...text.matchAll(new RegExp(expression, "gm"))].map(({ groups }) => ({
    event: groups.event, host: groups.host, clock: JSON.parse(groups.clock),
  }));
  return events;
}

console.log(JSON.stringify(await { graphviz, shiviz }[viewer]()));
