// Real snapgate processes with data of their own, and callers of their API.
import {spawn, type ChildProcess} from "node:child_process"
import {existsSync, mkdtempSync, readFileSync, rmSync} from "node:fs"
import {request as httpsRequest} from "node:https"
import {tmpdir} from "node:os"
import path from "node:path"
import {fileURLToPath} from "node:url"

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..")
export const BINARY = path.resolve(process.env["SNAPGATE_BIN"] ?? path.join(ROOT, "build/release/snapgate"))
export const SAMPLE = path.join(ROOT, "samples/kubectl-get-vmsnapshots.json")

export interface Reply {
    status: number
    headers: Record<string, string | string[] | undefined>
    text: string
}

export class Server {
    readonly folder = mkdtempSync(path.join(tmpdir(), "snapgate-console-"))
    url = ""
    key = ""
    private process: ChildProcess | undefined
    private log = ""

    // With TLS, as ./quickstart serves.
    async start(...more: string[]): Promise<this> {
        const data = path.join(this.folder, "data")
        rmSync(path.join(data, "url"), {force: true})
        const child = spawn(BINARY, ["serve", "--listen", this.url === "" ? "127.0.0.1:0" : new URL(this.url).host,
            "--data-dir", data, "--tls-self-signed", ...more], {
            env: {PATH: process.env["PATH"], HOME: this.folder},
            stdio: ["ignore", "ignore", "pipe"],
        })
        this.process = child
        child.stderr.on("data", (text: Buffer) => (this.log = (this.log + text.toString()).slice(-20_000)))
        for (let wait = 0; !existsSync(path.join(data, "url")); ++wait) {
            if (child.exitCode !== null || wait > 400) throw new Error(`the server did not start: ${this.log}`)
            await new Promise((done) => setTimeout(done, 50))
        }
        this.url = readFileSync(path.join(data, "url"), "utf8").trim()
        this.key = readFileSync(path.join(data, "admin.key"), "utf8").trim()
        return this
    }

    async stop(): Promise<void> {
        const child = this.process
        if (!child || child.exitCode !== null) return
        const ended = new Promise((done) => child.once("exit", done))
        child.kill("SIGTERM")
        await ended
    }

    async remove(): Promise<void> {
        await this.stop()
        rmSync(this.folder, {recursive: true, force: true})
    }

    call(method: string, target: string, body?: unknown, headers: Record<string, string> = {}, key = this.key): Promise<Reply> {
        const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body)
        return new Promise((resolve, reject) => {
            const asked = httpsRequest(this.url + target, {
                method,
                ca: readFileSync(path.join(this.folder, "data/ca.crt")),
                headers: {...(key === "" ? {} : {ApiKey: key}), ...(text === undefined ? {} : {"Content-Type": "application/json"}), ...headers},
            }, (answer) => {
                const parts: Buffer[] = []
                answer.on("data", (part: Buffer) => parts.push(part))
                answer.on("end", () => resolve({status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(parts).toString()}))
            })
            asked.on("error", reject)
            asked.end(text)
        })
    }

    // The answer, which must be a good one.
    async ask<T>(method: string, target: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
        const reply = await this.call(method, target, body, headers)
        if (reply.status < 200 || reply.status > 299) throw new Error(`${method} ${target}: ${reply.status} ${reply.text}`)
        return (reply.text === "" ? undefined : JSON.parse(reply.text)) as T
    }

    async createCluster(name: string, objects: readonly object[] = []): Promise<void> {
        await this.ask("POST", "/admin/v1/clusters", {name, uid: name})
        if (objects.length > 0) await this.import(name, objects)
    }

    async import(uid: string, objects: readonly object[]): Promise<void> {
        const report = await this.ask<{refused: unknown[]}>("POST", `/admin/v1/clusters/${uid}/import`,
            objects.map((object) => JSON.stringify(object)).join("\n"), {"Content-Type": "application/x-ndjson"})
        if (report.refused.length > 0) throw new Error(`refused: ${JSON.stringify(report.refused[0])}`)
    }

    async createKey(name: string, role: string, more: object = {}): Promise<{id: string; key: string}> {
        return this.ask("POST", "/admin/v1/keys", {name, role, ...more})
    }
}

// The objects of the sample that ./quickstart loads.
export function sample(): Snapshot[] {
    return (JSON.parse(readFileSync(SAMPLE, "utf8")) as {items: Snapshot[]}).items
}

export interface Snapshot {
    metadata: {name: string; namespace: string; creationTimestamp: string; deletionTimestamp?: string; uid: string; labels?: Record<string, string>; ownerReferences?: {apiVersion: string}[]}
    spec: {source: {name: string}}
    status?: {
        phase?: string
        readyToUse?: boolean
        creationTime?: string
        error?: {message: string; time?: string}
        conditions?: {type: string; lastTransitionTime?: string}[]
    }
}
