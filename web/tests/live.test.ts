// What is on the screen follows the clusters.
import {execFileSync} from "node:child_process"
import path from "node:path"

import {afterAll, expect, test, vi} from "vitest"

import {failed, good} from "./harness/fleet"
import {serve, tab} from "./harness/page"
import {BINARY, Server} from "./harness/server"

let upstream: Server

serve(async (server) => {
    upstream = await new Server().start()
    await upstream.createCluster("source", Array.from({length: 60}, (_, i) => good("web", `web-${i}`, `web-${i}-a`, 30 + i)))
    const data = path.join(upstream.folder, "data")
    const kubeconfig = execFileSync(BINARY, ["kubeconfig", "--cluster", "source", "--server", upstream.url, "--ca", path.join(data, "ca.crt"), "--api-key-file", path.join(data, "admin.key")], {env: {HOME: upstream.folder}}).toString()
    await server.ask("POST", "/admin/v1/clusters", {name: "edge", uid: "edge", type: "connected", kubeconfig})
    await vi.waitUntil(async () => (await server.ask<{objects: number}>("GET", "/admin/v1/clusters/edge")).objects === 60, {timeout: 20_000, interval: 100})
})
afterAll(() => upstream.remove())

const bodyRows = () => tab.page.locator(".grid-table .body .row")

test("a change in the cluster changes the row, and moves none under the reader's hand", async () => {
    await tab.go("#/snapshots?sort=-created")
    await tab.signIn()
    await expect.poll(() => bodyRows().count()).toBeGreaterThan(20)
    // The reader points at a row.
    await bodyRows().nth(3).hover()
    const before = await bodyRows().nth(3).innerText()
    await upstream.import("source", [failed("web", "web-0", "web-0-new", 0, "the disk is gone")])
    await tab.page.getByRole("button", {name: /1 new/}).waitFor()
    expect(await bodyRows().nth(3).innerText()).toBe(before)
    expect(await tab.page.getByText("web-0-new").count()).toBe(0)
    await upstream.ask("DELETE", "/v1/spectroclusters/source/vms/web-1/snapshot/web-1-a?namespace=web")
    await tab.page.locator(".row.away", {hasText: "web-1-a"}).waitFor()
    await tab.page.getByRole("button", {name: /1 new, 1 gone/}).click()
    await tab.page.getByText("web-0-new").waitFor()
    await expect.poll(() => tab.page.getByText("web-1-a").count()).toBe(0)
    expect(await bodyRows().first().innerText()).toMatch(/web-0-new/)
})

test("the overview's figures follow", async () => {
    await tab.go("")
    await tab.signIn()
    const shown = () => tab.page.locator("[data-verdict=Protected]").innerText()
    await expect.poll(shown).toBe("0")
    await upstream.import("source", [good("web", "web-5", "web-5-now", 0), good("web", "web-6", "web-6-now", 0)])
    await expect.poll(shown, {timeout: 10_000}).toBe("2")
})

test("a cluster that is away is told, with since when", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.getByRole("link", {name: "edge"}).waitFor()
    await upstream.stop()
    await tab.page.getByText("1 cluster is away").waitFor({timeout: 40_000})
    await tab.page.getByRole("cell", {name: /Unreachable/}).waitFor()
    await tab.page.getByText("Nothing listens at that address").waitFor()
    await tab.shoot("clusters-away")
    await tab.axe()
    await tab.go("#/cluster/edge")
    await tab.page.getByText("ConnectionRefused").first().waitFor()
    await tab.shoot("cluster-away")
    await tab.axe()
    await upstream.start()
    await expect.poll(() => tab.page.getByText("1 cluster is away").count(), {timeout: 60_000}).toBe(0)
}, 150_000)
