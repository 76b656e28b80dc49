// ./quickstart as a newcomer runs it, but with a folder and a port of its own.
import {spawn, type ChildProcess} from "node:child_process"
import {mkdtempSync, readFileSync, rmSync} from "node:fs"
import {tmpdir} from "node:os"
import path from "node:path"

import {ROOT} from "./server"

export class Quickstart {
    // What it prints for the newcomer.
    readonly url: string
    readonly keyFile: string
    readonly key: string

    private constructor(private readonly process: ChildProcess, private readonly folder: string, shown: string) {
        const told = (what: RegExp) => {
            const [, found] = what.exec(shown) ?? []
            if (found === undefined) throw new Error(`./quickstart does not print ${String(what)}: ${shown.slice(-3000)}`)
            return found
        }
        this.url = told(/^The console, in a browser: (\S+)$/m)
        this.keyFile = told(/Sign in with the key in (\S+)\. /)
        this.key = readFileSync(this.keyFile, "utf8").trim()
    }

    // Ready once it says how to stop it. It builds the server first, if that is not built yet.
    static async start(): Promise<Quickstart> {
        const folder = mkdtempSync(path.join(tmpdir(), "snapgate-quickstart-"))
        const child = spawn("./quickstart", ["--yes", "--port", "0"], {
            cwd: ROOT, env: {...process.env, XDG_DATA_HOME: folder}, stdio: ["ignore", "pipe", "pipe"],
        })
        let shown = ""
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (shown += text.toString()))
        while (!shown.includes("Ctrl-C stops the server")) {
            if (child.exitCode !== null) {
                rmSync(folder, {recursive: true, force: true})
                throw new Error(`./quickstart has ended with ${child.exitCode}: ${shown.slice(-3000)}`)
            }
            await new Promise((done) => setTimeout(done, 100))
        }
        return new Quickstart(child, folder, shown)
    }

    // As Ctrl-C does. The exit code.
    async stop(): Promise<number | null> {
        const ended = new Promise<number | null>((done) => this.process.once("exit", done))
        this.process.kill("SIGINT")
        const code = await ended
        rmSync(this.folder, {recursive: true, force: true})
        return code
    }
}
