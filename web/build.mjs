// Builds the console into a folder: the files that a browser loads, and assets.cpp, which makes them a part of the
// program (src/console/assets.h).
//
//   node build.mjs FOLDER

import {createHash} from "node:crypto"
import {mkdirSync, readFileSync, rmSync, writeFileSync} from "node:fs"
import path from "node:path"
import {fileURLToPath} from "node:url"
import {brotliCompressSync, constants, gzipSync} from "node:zlib"

import * as esbuild from "esbuild"

const here = path.dirname(fileURLToPath(import.meta.url))
const folder = path.resolve(process.argv[2] ?? path.join(here, "dist"))

const major = Number(process.versions.node.split(".")[0])
if (major < 18) {
    console.error(`the console is built with Node 18 or newer, and this is ${process.version}`)
    process.exit(1)
}

const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [{in: "src/main.tsx", out: "console"}, {in: "src/style/console.css", out: "style"}],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["chrome109", "firefox115", "safari16"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    loader: {".yaml": "text"},
    entryNames: "[name]-[hash]",
    outdir: folder,
    metafile: true,
})

const types = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

const files = result.outputFiles.map((file) => ({
    name: path.basename(file.path),
    url: `/console/${path.basename(file.path)}`,
    bytes: Buffer.from(file.contents),
}))
const icon = readFileSync(path.join(here, "src/icon.svg"))
const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`
files.push({name: iconName, url: `/console/${iconName}`, bytes: icon})

const urlOf = (ending) => files.find((file) => file.name.endsWith(ending)).url
const page = readFileSync(path.join(here, "src/index.html"), "utf8")
    .replace("{script}", urlOf(".js"))
    .replace("{style}", urlOf(".css"))
    .replace("{icon}", urlOf(".svg"))
files.unshift({name: "index.html", url: "/", bytes: Buffer.from(page)})

rmSync(folder, {recursive: true, force: true})
mkdirSync(folder, {recursive: true})

// The text of a C string literal.
const literal = (text) => JSON.stringify(text)
const assembly = []
const rows = []
files.forEach((file, number) => {
    const gzip = gzipSync(file.bytes, {level: 9})
    const brotli = brotliCompressSync(file.bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}})
    const forms = [["plain", file.bytes, ""], ["gzip", gzip, ".gz"], ["brotli", brotli, ".br"]]
    const parts = forms.map(([form, bytes, ending]) => {
        if (form !== "plain" && bytes.length >= file.bytes.length) return "{}"
        const place = path.join(folder, file.name + ending)
        writeFileSync(place, bytes)
        const symbol = `snapgate_console_${number}_${form}`
        assembly.push(`.global ${symbol}`, `${symbol}:`, `.incbin ${literal(place)}`)
        rows.push(`extern "C" const char ${symbol}[];`)
        return `{${symbol}, ${bytes.length}}`
    })
    const etag = `"${createHash("sha256").update(file.bytes).digest("hex").slice(0, 32)}"`
    file.row = `    Asset{${literal(file.url)}, ${literal(types[path.extname(file.name)])}, ${literal(etag)}, ${parts.join(", ")}},`
})

writeFileSync(
    path.join(folder, "assets.cpp"),
    `// Made by web/build.mjs.
#include "console/assets.h"

#include <array>

__asm__(
    ".pushsection .rodata.snapgate_console, \\"a\\", @progbits\\n"
${assembly.map((line) => `    ${literal(line + "\n")}`).join("\n")}
    ".popsection\\n");

${rows.join("\n")}

namespace snapgate::console {

static const std::array kAssets = {
${files.map((file) => file.row).join("\n")}
};

std::span<const Asset> assets() {
    return kAssets;
}

}  // namespace snapgate::console
`,
)

const first = files.reduce((sum, file) => sum + gzipSync(file.bytes, {level: 9}).length, 0)
console.log(`the console: ${files.length} files, ${first} bytes in the first load (gzip)`)
