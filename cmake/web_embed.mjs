// Packs the files of a folder into OUT/web_files.bin, and writes OUT/web_files.cc with their table.
//
// What:    node web_embed.mjs DIST OUT; each file as it is and, where that is smaller, as gzip.
// In/Out:  index.html, assets/… → the table that src/admin/web_files.h describes.
// Errors:  a folder without index.html, a kind of file without a media type: exit 1, said why.
// Limits:  files_max, bytes_max: what goes into a binary by mistake is noticed.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

const files_max = 200;
const bytes_max = 8 << 20;
const types = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff2: "font/woff2",
};

function fail(why) {
  console.error(`web_embed: ${why}`);
  process.exit(1);
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

const [dist, out] = process.argv.slice(2);
const names = walk(dist).map((path) => relative(dist, path).split(sep).join("/")).sort();
if (!names.includes("index.html")) fail(`${dist} has no index.html`);
if (names.length > files_max) fail(`${dist} has more than ${files_max} files`);

const blob = [];
let size = 0;
function put(octets) {
  const at = size;
  blob.push(octets);
  size += octets.length;
  return `{blob + ${at}, ${octets.length}}`;
}

const rows = names.map((name) => {
  const type = types[name.slice(name.lastIndexOf(".") + 1)];
  if (!type || !/^[A-Za-z0-9_./-]+$/.test(name)) fail(`${name}: no media type is known for it`);
  const octets = readFileSync(join(dist, name));
  const packed = gzipSync(octets, { level: 9 });
  const hash = createHash("sha256").update(octets).digest("hex").slice(0, 32);
  const gzip = packed.length < octets.length * 0.95 ? put(packed) : "{}";
  return `    {"${name}", "${type}", "${hash}",\n     ${put(octets)}, ${gzip}},`;
});
if (size > bytes_max) fail(`${dist} has more than ${bytes_max} octets`);

const bin = join(out, "web_files.bin");
writeFileSync(bin, Buffer.concat(blob));
writeFileSync(
  join(out, "web_files.cc"),
  `// Made by cmake/web_embed.mjs from web/; see src/admin/web_files.h.
#include "admin/web_files.h"

extern "C" const char stagepost_web_files_blob[];
__asm__(
    ".pushsection .rodata,\\"a\\"\\n"
    ".hidden stagepost_web_files_blob\\n"
    ".globl stagepost_web_files_blob\\n"
    "stagepost_web_files_blob:\\n"
    ".incbin \\"${bin}\\"\\n"
    ".popsection\\n");

std::span<const admin::WebFile> admin::web_files() {
  const char* const blob = stagepost_web_files_blob;
  static const WebFile files[] = {
${rows.join("\n")}
  };
  return files;
}
`,
);
