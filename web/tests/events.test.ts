// Server-sent events of a fleet as Chromium's own EventSource reads them: every change once and in order, whatever is cut.
import {readFileSync} from "node:fs"
import type {Server as HttpServer} from "node:http"
import type {AddressInfo} from "node:net"
import path from "node:path"

import type {Browser, Page} from "playwright-core"
import {afterAll, beforeAll, expect, test} from "vitest"

import {cuttingProxy} from "../../tests/e2e/javascript/cutting_proxy.mjs"
import {launch} from "./harness/browser"
import {good} from "./harness/fleet"
import {Server} from "./harness/server"

// What the page noted of an event. The first state has no ids.
interface Seen {
    kind: string
    id: string
    name?: string
    reason?: string
}

const server = new Server()
let browser: Browser
let proxy: HttpServer
let untilCut = Infinity

beforeAll(async () => {
    await server.start()
    browser = await launch()
    const authority = readFileSync(path.join(server.folder, "data/ca.crt"), "utf8")
    proxy = await cuttingProxy(() => server.url, server.key, () => Math.random() * untilCut, authority)
    for (const name of ["east", "west"]) await server.createCluster(name, [good("web", "web-0", `${name}-first`, 1)])
})
afterAll(async () => {
    await browser.close()
    proxy.closeAllConnections()
    proxy.close()
    await server.remove()
})

// A page that follows what the query selects and notes what it hears in `seen`, and how often it was connected in `opened`.
async function follow(query = ""): Promise<Page> {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`)
    await page.evaluate(`{
        window.seen = []
        window.opened = 0
        window.source = new EventSource("/v1/spectroclusters/-/vms/snapshot${query}")
        source.onopen = () => ++opened
        for (const kind of ["added", "modified", "removed", "synced", "clusterRemoved", "end"]) source.addEventListener(kind, (message) => {
            const {metadata, reason} = JSON.parse(message.data)
            seen.push({kind, id: message.lastEventId, name: metadata?.name, reason})
        })
    }`)
    await page.waitForFunction("seen.some((event) => event.kind === 'synced')")
    return page
}

async function changesOf(page: Page): Promise<string[]> {
    const seen = await page.evaluate<Seen[]>("seen")
    expect(new Set(seen.filter((event) => event.id !== "").map((event) => event.id)).size).toBeGreaterThan(0)
    return seen.slice(seen.findIndex((event) => event.kind === "synced") + 1).filter((event) => event.name !== undefined)
        .map((event) => `${event.kind} ${event.name ?? ""}`)
}

test("every change comes once and in order, through cuts and two restarts", async () => {
    untilCut = Infinity
    const all = await follow()
    const some = await follow("?name=-7")
    expect((await all.evaluate<Seen[]>("seen")).map((event) => [event.kind, event.name])).toEqual([
        ["added", "east-first"], ["added", "west-first"], ["synced", undefined],
    ])
    untilCut = 20_000
    // So that every connection from now on may be cut.
    proxy.closeAllConnections()
    const expected: string[] = []
    for (let number = 0; number < 150; ++number) {
        const name = `n-${number}`
        const cluster = number % 2 === 0 ? "east" : "west"
        if (number === 50 || number === 100) {
            await server.stop()
            await server.start()
        }
        await server.import(cluster, [good("web", "web-0", name, 1)])
        expected.push(`added ${name}`)
        if (number % 3 === 0) {
            await server.ask("DELETE", `/v1/spectroclusters/${cluster}/vms/web-0/snapshot/${name}?namespace=web`)
            expected.push(`removed ${name}`)
        }
    }
    for (const page of [all, some]) await page.waitForFunction("seen.some((event) => event.name === 'n-79')", undefined, {timeout: 60_000})
    await all.waitForFunction("seen.some((event) => event.name === 'n-149')", undefined, {timeout: 60_000})
    expect(await changesOf(all)).toEqual(expected)
    expect(await changesOf(some)).toEqual(expected.filter((change) => change.includes("-7")))
    const ids = (await all.evaluate<Seen[]>("seen")).map((event) => event.id).filter((id) => id !== "")
    expect(ids.length).toBeGreaterThan(expected.length)
    expect(await all.evaluate("opened")).toBeGreaterThan(3)
    expect(await all.evaluate("source.readyState")).not.toBe(2)
    await all.close()
    await some.close()
}, 180_000)

test("an id that is too old ends the source for good, and a new one begins anew", async () => {
    untilCut = Infinity
    await server.stop()
    await server.start("--history", "1s")
    const page = await follow()
    // It gets nothing any more, until what came behind its id is forgotten.
    untilCut = 0
    proxy.closeAllConnections()
    const last = await page.evaluate<string>("seen.at(-1).id")
    const asked = {Accept: "text/event-stream", "Last-Event-ID": last}
    let number = 0
    await expect.poll(async () => {
        await server.import("east", [good("web", "web-0", `late-${number++}`, 1)])
        return (await server.call("HEAD", "/v1/spectroclusters/-/vms/snapshot", undefined, asked)).status
    }, {timeout: 30_000, interval: 200}).toBe(410)
    expect(await page.evaluate("source.readyState")).toBe(0)
    untilCut = Infinity
    await page.waitForFunction("source.readyState === 2")
    const again = await follow()
    expect((await again.evaluate<Seen[]>("seen")).map((event) => event.name)).toContain("late-0")
    await page.close()
    await again.close()
}, 120_000)
